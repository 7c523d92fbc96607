import { createHmac } from "node:crypto";
import { realpathSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { editJson5 } from "../../protocol/json5/edit.ts";
import { isRecord } from "../json.ts";
import { reportKeys } from "../service/doctor/config-keys.ts";
import { readIfPresent, writePrivateFile } from "../store/private-file.ts";
import { changesOf } from "./config-patch.ts";
import { type SidecarConfig, parseConfig } from "./config.ts";
import { UnknownSecretError, redactConfig, redactText, restoreText } from "./redact-config.ts";
import { StartupError, errnoOf, reasonOf } from "./startup-error.ts";

export interface ConfigIssue {
  /** `gateway.port`; empty for the root. */
  readonly path: string;
  readonly message: string;
}

/** The config file as it stands. */
export interface ConfigSnapshot {
  readonly path: string;
  readonly exists: boolean;
  /** Changes whenever the text does, and tells nothing about it. */
  readonly hash: string;
  /** Without secrets; null when the text is no JSON5, so that they could not be found. */
  readonly raw: string | null;
  /** Without secrets. */
  readonly config: unknown;
  readonly issues: readonly ConfigIssue[];
}

/** Why a change is refused, in the words of the real Gateway. The file is as it was. */
export class ConfigRefusal extends Error {
  override readonly name = "ConfigRefusal";
  readonly issues: readonly ConfigIssue[] | undefined;

  constructor(message: string, issues?: readonly ConfigIssue[]) {
    super(message);
    this.issues = issues;
  }
}

export interface ConfigDeskOptions {
  readonly path: string;
  /** What hashes are keyed with: without it they would let a reader guess at secrets. */
  readonly key: Buffer;
  /** Says by throwing a StartupError what a config that parses is refused for at a start. */
  readonly check: (config: SidecarConfig) => void;
}

const CHANGED = "config changed since last load; re-run config.get and retry";

/**
 * Reads and writes the config file for operators. Nobody is shown a secret, nothing is written that the sidecar would not
 * start with, and a patch leaves every byte alone that it is not about: comments, order, quotes.
 */
export class ConfigDesk {
  readonly #options: ConfigDeskOptions;

  constructor(options: ConfigDeskOptions) {
    this.#options = options;
  }

  get path(): string {
    return this.#options.path;
  }

  async read(): Promise<ConfigSnapshot> {
    const { path } = this.#options;
    const text = this.#text();
    const hash = this.#hashOf(text);
    const exists = text !== undefined;
    try {
      const parsed = await parse(text ?? "{}");
      const issues = this.#issuesOf(parsed);
      return { path, exists, hash, raw: redactText(text ?? "{}", parsed), config: redactConfig(parsed), issues };
    } catch (error) {
      return { path, exists, hash, raw: null, config: {}, issues: [{ path: "", message: reasonOf(error) }] };
    }
  }

  /** Replaces the whole text. Redacted values keep what is stored. @throws ConfigRefusal */
  async set(raw: string, baseHash: string | undefined): Promise<ConfigSnapshot> {
    const text = this.#text();
    if (text !== undefined && baseHash === undefined)
      throw new ConfigRefusal("config base hash required; re-run config.get and retry");
    this.#requireBase(text, baseHash);
    const known = await parse(text ?? "{}").catch(() => ({}));
    const wish = await this.#restored(raw, known);
    this.#write(wish.text, wish.parsed);
    return this.read();
  }

  /** Merges a patch. @returns the file as it is now and the paths that it changed @throws ConfigRefusal */
  async patch(
    raw: string,
    options: { readonly baseHash: string | undefined; readonly replace: readonly string[] },
  ): Promise<{ readonly snapshot: ConfigSnapshot; readonly changed: readonly string[] }> {
    const text = this.#text();
    const current = await parse(text ?? "{}");
    const patch = await parse(raw);
    if (!isRecord(patch)) throw new ConfigRefusal("config.patch raw must be an object");
    const replace = new Set(options.replace);
    const known = isRecord(current) ? current : {};
    const changes = changesOf(withKnownSecrets(patch, known), known, replace);
    const changed = changes.flatMap(({ path, value }) => leavesOf(path, value));
    if (text !== undefined && options.baseHash === undefined) {
      const about = changed.length === 0 ? "" : ` for ${changed.join(", ")}`;
      throw new ConfigRefusal(`config base hash required${about}; re-run config.get and retry with baseHash`);
    }
    this.#requireBase(text, options.baseHash);
    if (changes.length === 0) return { snapshot: await this.read(), changed };
    const edited = editJson5(text === undefined || text.trim() === "" ? "{}\n" : text, changes);
    const parsed = await parse(edited);
    if (!changes.every(({ path, value }) => isDeepStrictEqual(valueAt(parsed, path), value)))
      throw new ConfigRefusal("the config file cannot be changed without writing it anew; use config.set");
    this.#write(edited, parsed);
    return { snapshot: await this.read(), changed };
  }

  async #restored(raw: string, known: unknown): Promise<{ readonly text: string; readonly parsed: unknown }> {
    const parsed = await parse(raw);
    if (!isRecord(parsed)) throw new ConfigRefusal("config.set raw must be an object");
    try {
      const text = restoreText(raw, parsed, known);
      return { text, parsed: await parse(text) };
    } catch (error) {
      if (error instanceof UnknownSecretError) throw new ConfigRefusal(`invalid config: ${error.message}`);
      throw error;
    }
  }

  #write(text: string, parsed: unknown): void {
    const issues = this.#issuesOf(parsed);
    const [first] = issues;
    if (first !== undefined) {
      const where = first.path === "" ? "<root>" : first.path;
      throw new ConfigRefusal(`invalid config: ${where}: ${first.message}`, issues);
    }
    const { path } = this.#options;
    writePrivateFile(realPath(path), text);
  }

  #issuesOf(parsed: unknown): readonly ConfigIssue[] {
    const { path, check } = this.#options;
    const unknown = reportKeys(parsed, () => undefined).unknown.map(({ path: at }) => {
      const key = at.slice(at.lastIndexOf(".") + 1);
      return { path: at.slice(0, Math.max(0, at.length - key.length - 1)), message: `Unrecognized key: "${key}"` };
    });
    if (unknown.length > 0) return unknown;
    try {
      check(parseConfig(parsed, path));
      return [];
    } catch (error) {
      if (!(error instanceof StartupError)) throw error;
      const said = error.message.replace(`The config file ${path} is wrong: `, "").replace(/\.$/, "");
      const [, at = "", why = said] = /^([\w.[\]*-]+) (must .*|is .*|".*)$/s.exec(said) ?? [];
      return [{ path: at, message: why }];
    }
  }

  #requireBase(text: string | undefined, baseHash: string | undefined): void {
    if (text !== undefined && baseHash !== this.#hashOf(text)) throw new ConfigRefusal(CHANGED);
  }

  #text(): string | undefined {
    try {
      return readIfPresent(this.#options.path);
    } catch (error) {
      throw new ConfigRefusal(`the config file cannot be read (${errnoOf(error) ?? reasonOf(error)})`);
    }
  }

  #hashOf(text: string | undefined): string {
    const { key } = this.#options;
    return `hmac-sha256:v1:${createHmac("sha256", key)
      .update(`config|${text ?? ""}`)
      .digest("base64url")}`;
  }
}

/** @throws ConfigRefusal when it is no JSON5 */
async function parse(text: string): Promise<unknown> {
  const { default: json5 } = await import("json5");
  try {
    return json5.parse<unknown>(text.trim() === "" ? "{}" : text);
  } catch (error) {
    throw new ConfigRefusal(`SyntaxError: ${reasonOf(error)}`);
  }
}

/** A patch may repeat what it was shown: a redacted value stands for the one that is stored. */
function withKnownSecrets(patch: Readonly<Record<string, unknown>>, known: Readonly<Record<string, unknown>>): unknown {
  const text = JSON.stringify(patch);
  try {
    return JSON.parse(restoreText(text, patch, known));
  } catch (error) {
    if (error instanceof UnknownSecretError) throw new ConfigRefusal(`invalid config: ${error.message}`);
    throw error;
  }
}

/** The places that a change sets: those inside a new object, not the object. */
function leavesOf(path: readonly string[], value: unknown): readonly string[] {
  const entries = isRecord(value) ? Object.entries(value) : [];
  return entries.length === 0 ? [path.join(".")] : entries.flatMap(([key, child]) => leavesOf([...path, key], child));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let now = value;
  for (const key of path) now = isRecord(now) && Object.hasOwn(now, key) ? now[key] : undefined;
  return now;
}

/** A link to the file stays a link. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
