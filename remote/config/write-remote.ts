import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import JSON5 from "json5";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { type Json5Change, type JsonValue, NotAnObjectError, editJson5 } from "../../protocol/json5/edit.ts";
import { codeOf } from "../net/dial.ts";
import { printable } from "../target/printable.ts";
import { configError } from "./config-error.ts";
import { type ConfigEnvironment, openClawConfigPath, parseOpenClawConfig } from "./openclaw-config.ts";

/** What OpenClaw knows under `gateway.remote` (docs/gateway/config-gateway). It refuses a file with any other key. */
const REMOTE_KEYS = [
  "url",
  "token",
  "password",
  "transport",
  "sshTarget",
  "sshHostKeyPolicy",
  "remotePort",
  "tlsFingerprint",
] as const;

/** Undefined leaves a value as it is, null removes it. */
export interface RemoteChange {
  readonly mode?: "local" | "remote" | null;
  readonly url?: string | null;
  readonly token?: string | null;
  readonly password?: string | null;
  readonly transport?: "ssh" | "direct" | null;
  readonly sshTarget?: string | null;
  readonly sshHostKeyPolicy?: "strict" | "openssh" | null;
  readonly remotePort?: number | null;
  readonly tlsFingerprint?: string | null;
}

/**
 * Writes `gateway.mode` and `gateway.remote.*` into openclaw.json, where this product and OpenClaw both read them. Comments,
 * order and every other byte stay. The file is replaced whole or not at all, keeps its permissions (0600 when it is new, and
 * nobody else's when a secret goes in), and a link to it stays a link.
 * @returns the path, and whether anything had to be changed
 * @throws ConnectError CONFIG_INVALID: the file is left alone because it cannot be understood, or the change is no good;
 *   CONFIG_NOT_WRITTEN
 */
export async function writeRemoteDefaults(
  environment: ConfigEnvironment,
  change: RemoteChange,
): Promise<{ readonly path: string; readonly changed: boolean }> {
  const named = openClawConfigPath(environment);
  const path = await realpath(named).catch(() => named);
  const before = await readWhole(path);
  const text = editRemoteDefaults(before ?? "", path, change);
  if (text === before) return { path, changed: false };
  const hasSecret = typeof change.token === "string" || typeof change.password === "string";
  await replace({ path, before, text, hasSecret });
  return { path, changed: true };
}

/**
 * The text with the change in it; an empty text becomes a new file.
 * @throws ConnectError CONFIG_INVALID
 */
export function editRemoteDefaults(text: string, path: string, change: RemoteChange): string {
  // Reads the values that are there strictly, and refuses what cannot be followed, such as $include.
  parseOpenClawConfig(text, path);
  const changes = changesOf(change);
  const isEmpty = text.replace(/^\uFEFF/, "").trim() === "";
  const old = isEmpty ? "{}\n" : text;
  let edited: string;
  try {
    edited = editJson5(old, changes);
  } catch (error) {
    if (error instanceof NotAnObjectError) throw configError(path, `${error.path.join(".")} must be an object`, error);
    throw configError(path, "it cannot be changed without writing it anew", error);
  }
  if (!isDeepStrictEqual(parse(edited), applied(parse(old), changes))) {
    throw configError(path, "it cannot be changed without writing it anew");
  }
  parseOpenClawConfig(edited, path);
  return edited === "{}\n" && isEmpty ? text : edited;
}

function changesOf({ mode, ...remote }: RemoteChange): Json5Change[] {
  const changes: Json5Change[] = mode === undefined ? [] : [{ path: ["gateway", "mode"], value: mode ?? undefined }];
  for (const key of REMOTE_KEYS) {
    const value = remote[key];
    if (value !== undefined) changes.push({ path: ["gateway", "remote", key], value: value ?? undefined });
  }
  return changes;
}

const parse = (text: string): unknown => JSON5.parse(text);

/** The same change made on the value: what the text must mean afterwards. */
function applied(root: unknown, changes: readonly Json5Change[]): unknown {
  let now = root;
  for (const { path, value } of changes) now = withValue(now, path, value);
  return now;
}

function withValue(object: unknown, [key = "", ...rest]: readonly string[], value: JsonValue | undefined): unknown {
  const entries = Object.entries(typeof object === "object" && object !== null ? object : {});
  const old = entries.find(([name]) => name === key)?.[1];
  if (rest.length > 0 && old === undefined && value === undefined) return object;
  const next: unknown = rest.length === 0 ? value : withValue(old, rest, value);
  const others = entries.filter(([name]) => name !== key);
  const result = Object.fromEntries(next === undefined ? others : [...others, [key, next]]);
  return result;
}

/** Undefined when there is no file. Bytes that are no UTF-8 would come back changed, so they are refused. */
async function readWhole(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (error instanceof TypeError) throw configError(path, "it is not UTF-8 text", error);
    throw configError(path, `it cannot be read (${codeOf(error) ?? "unknown"})`, error);
  }
}

interface Replacement {
  readonly path: string;
  readonly before: string | undefined;
  readonly text: string;
  readonly hasSecret: boolean;
}

async function replace({ path, before, text, hasSecret }: Replacement): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    if (before === undefined) await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const old = before === undefined ? 0o600 : (await stat(path)).mode & 0o777;
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, hasSecret ? old & 0o700 : old);
    // OpenClaw or an editor may have saved in the meantime; theirs is not thrown away.
    if ((await readWhole(path)) !== before) throw new Error("it was changed by another program just now");
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if (error instanceof ConnectError) throw error;
    const why = codeOf(error) ?? (error instanceof Error ? error.message : "unknown");
    const detail = printable(`${path} was not changed: ${why}`, 300);
    const facts = [
      { label: "savedIn" as const, value: path },
      { label: "detail" as const, value: detail },
    ];
    throw new ConnectError("CONFIG_NOT_WRITTEN", `${detail}.`, { facts, cause: error });
  }
}
