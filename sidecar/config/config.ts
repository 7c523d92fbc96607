import { readFileSync } from "node:fs";
import { isRecord } from "../json.ts";
import { type GatewayConfig, type SecretInput, readGatewayConfig, readSecret } from "./gateway-config.ts";
import { type ConfigReader, readerOf } from "./reader.ts";
import { StartupError, errnoOf, reasonOf } from "./startup-error.ts";

export interface ModelEntry {
  readonly id: string;
  readonly name: string;
  /** Tokens. */
  readonly contextWindow: number;
  readonly maxTokens: number | undefined;
  readonly reasoning: boolean;
}

export interface ProviderConfig {
  readonly name: string;
  readonly baseUrl: string | undefined;
  readonly apiKey: SecretInput | undefined;
  /** How it is spoken to, in OpenClaw's names. One that we do not speak matters only when a run asks for it. */
  readonly api: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly models: readonly ModelEntry[];
}

/** The part of an `openclaw.json` that the sidecar reads; the rest of the file is nobody's business here. */
export interface SidecarConfig extends GatewayConfig {
  /** The file, whether it is there or not. */
  readonly path: string;
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** `provider/model`. */
  readonly primaryModel: string | undefined;
  readonly systemPrompt: string | undefined;
}

const DEFAULT_CONTEXT_WINDOW = 128_000;

/** A config file as it was read. */
export interface LoadedConfig {
  readonly config: SidecarConfig;
  /** All of the file, also what the sidecar does not use. */
  readonly raw: unknown;
  /** Undefined when there is no file. */
  readonly source: string | undefined;
}

/**
 * Reads the config file. `required` says that somebody named it, so that it must be there.
 * @throws StartupError when it cannot be read, is no JSON5, or holds a wrong type where the sidecar looks
 */
export async function loadConfig(path: string, options: { readonly required: boolean }): Promise<SidecarConfig> {
  return (await readConfig(path, options)).config;
}

/** As `loadConfig`, with the file itself. @throws StartupError */
export async function readConfig(path: string, options: { readonly required: boolean }): Promise<LoadedConfig> {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (error) {
    // ENOTDIR: the state directory itself is wrong, which is for others to say.
    const isMissing = ["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "");
    if (isMissing && !options.required) return { config: parseConfig({}, path), raw: {}, source: undefined };
    throw new StartupError(
      `The config file ${path} cannot be read (${errnoOf(error) ?? reasonOf(error)}); check --config.`,
      { cause: error },
    );
  }
  const raw = await parseJson5(source, path);
  return { config: parseConfig(raw, path), raw, source };
}

async function parseJson5(source: string, path: string): Promise<unknown> {
  try {
    return JSON.parse(source);
  } catch {
    // Plain JSON is by far the most common and needs no parser of ours.
  }
  try {
    const { default: json5 } = await import("json5");
    return json5.parse<unknown>(source);
  } catch (error) {
    throw new StartupError(
      `The config file ${path} is not valid JSON5 (${reasonOf(error).replace(/^JSON5: /, "")}); correct it or name another with --config.`,
      { cause: error },
    );
  }
}

/** Checks and names what the sidecar uses of a parsed `openclaw.json`. */
export function parseConfig(value: unknown, path: string): SidecarConfig {
  const root = readerOf(value, path);
  if (hasInclude(value)) {
    throw new StartupError(
      `The config file ${path} uses "$include", which the sidecar does not follow; what it would bring in may be what protects the Gateway. Put it into the file itself.`,
    );
  }
  const defaults = root.object("agents").object("defaults");
  return {
    path,
    ...readGatewayConfig(root.object("gateway")),
    providers: readProviders(root.object("models").object("providers")),
    primaryModel: readPrimary(defaults),
    systemPrompt: defaults.text("systemPrompt"),
  };
}

/** Anywhere: the real one merges another file at that place. */
function hasInclude(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasInclude);
  return isRecord(value) && (Object.hasOwn(value, "$include") || Object.values(value).some(hasInclude));
}

function readPrimary(defaults: ConfigReader): string | undefined {
  const model =
    typeof defaults.raw("model") === "string" ? defaults.text("model") : defaults.object("model").text("primary");
  if (model !== undefined && !/^[^/\s]+\/\S+$/.test(model)) {
    throw defaults.error("model", `must name "provider/model", not "${model}"`);
  }
  return model;
}

function readProviders(reader: ConfigReader): ReadonlyMap<string, ProviderConfig> {
  const providers = new Map<string, ProviderConfig>();
  for (const name of reader.keys()) {
    const provider = reader.object(name);
    const baseUrl = provider.text("baseUrl");
    if (baseUrl !== undefined && !/^https?:\/\//.test(baseUrl))
      throw provider.error("baseUrl", "must start with http:// or https://");
    providers.set(name, {
      name,
      baseUrl,
      apiKey: readSecret(provider, "apiKey"),
      api: provider.text("api") ?? (name === "anthropic" ? "anthropic-messages" : "openai-completions"),
      headers: provider.object("headers").textMap(),
      models: provider.objects("models").map((model) => {
        const id = model.text("id");
        if (id === undefined) throw model.error("id", "is missing");
        return {
          id,
          name: model.text("name") ?? id,
          contextWindow: model.integer("contextWindow", 1, 100_000_000) ?? DEFAULT_CONTEXT_WINDOW,
          maxTokens: model.integer("maxTokens", 1, 100_000_000),
          reasoning: model.flag("reasoning") ?? false,
        };
      }),
    });
  }
  return providers;
}
