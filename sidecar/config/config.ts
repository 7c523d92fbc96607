import { readFileSync } from "node:fs";
import { isRecord } from "../json.ts";
import { type ConfigReader, readerOf } from "./reader.ts";
import { StartupError, errnoOf, reasonOf } from "./startup-error.ts";

/** A secret as it is written in the config: itself (also `${NAME}`), or where it is found. */
export type SecretInput = string | { readonly source: string; readonly id: string };

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

export interface RateLimitConfig {
  readonly maxAttempts: number;
  readonly windowMs: number;
  readonly lockoutMs: number;
  readonly exemptLoopback: boolean;
}

/** The part of an `openclaw.json` that the sidecar reads; the rest of the file is nobody's business here. */
export interface SidecarConfig {
  /** The file, whether it is there or not. */
  readonly path: string;
  readonly port: number | undefined;
  readonly authMode: "token" | "password" | undefined;
  readonly token: SecretInput | undefined;
  readonly password: SecretInput | undefined;
  readonly rateLimit: RateLimitConfig;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  /** `provider/model`. */
  readonly primaryModel: string | undefined;
  readonly systemPrompt: string | undefined;
}

const DEFAULT_CONTEXT_WINDOW = 128_000;

/**
 * Reads the config file. `required` says that somebody named it, so that it must be there.
 * @throws StartupError when it cannot be read, is no JSON5, or holds a wrong type where the sidecar looks
 */
export async function loadConfig(path: string, options: { readonly required: boolean }): Promise<SidecarConfig> {
  let source: string;
  try {
    source = readFileSync(path, "utf8");
  } catch (error) {
    // ENOTDIR: the state directory itself is wrong, which is for others to say.
    const isMissing = ["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "");
    if (isMissing && !options.required) return parseConfig({}, path);
    throw new StartupError(
      `The config file ${path} cannot be read (${errnoOf(error) ?? reasonOf(error)}); check --config.`,
      { cause: error },
    );
  }
  return parseConfig(await parseJson5(source, path), path);
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
  const gateway = root.object("gateway");
  const bind = gateway.text("bind");
  if (bind !== undefined && bind !== "loopback" && bind !== "auto") {
    throw gateway.error("bind", 'must be "loopback": the sidecar listens nowhere else, reach it over SSH instead');
  }
  const auth = gateway.object("auth");
  const rateLimit = auth.object("rateLimit");
  const defaults = root.object("agents").object("defaults");
  return {
    path,
    port: gateway.integer("port", 0, 65_535),
    authMode: auth.choice("mode", ["token", "password"]),
    token: readSecret(auth, "token"),
    password: readSecret(auth, "password"),
    rateLimit: {
      maxAttempts: rateLimit.integer("maxAttempts", 1, 10_000) ?? 10,
      windowMs: rateLimit.integer("windowMs", 1, 86_400_000) ?? 60_000,
      lockoutMs: rateLimit.integer("lockoutMs", 1, 86_400_000) ?? 300_000,
      exemptLoopback: rateLimit.flag("exemptLoopback") ?? true,
    },
    allowedOrigins: gateway.object("controlUi").texts("allowedOrigins"),
    trustedProxies: gateway.texts("trustedProxies"),
    providers: readProviders(root.object("models").object("providers")),
    primaryModel: readPrimary(defaults),
    systemPrompt: defaults.text("systemPrompt"),
  };
}

function readSecret(reader: ConfigReader, key: string): SecretInput | undefined {
  const value = reader.raw(key);
  if (value === undefined) return undefined;
  if (typeof value === "string") return value;
  if (isRecord(value) && typeof value["source"] === "string" && typeof value["id"] === "string") {
    return { source: value["source"], id: value["id"] };
  }
  throw reader.error(key, 'must be a string or { "source": "env", "id": NAME }');
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
