import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { asNumber, asObject, asString } from "../../protocol/gateway/json.ts";
import { isAlive } from "../../remote/process/is-alive.ts";

/** A sidecar of this person on this computer. */
export interface LocalSidecar {
  /** `ws://127.0.0.1:PORT`, or `wss` when it speaks TLS. */
  readonly url: string;
  /** Of its certificate, when it speaks TLS. */
  readonly tlsFingerprint: string | undefined;
  readonly version: string;
}

/** Where the sidecar keeps its state (docs: state directory). */
export function sidecarStateDir(env: Readonly<Record<string, string | undefined>>): string {
  const fromEnv = env["OPENCLAW_SIDECAR_STATE_DIR"];
  return fromEnv === undefined || fromEnv === "" ? join(homedir(), ".openclaw-sidecar") : resolve(fromEnv);
}

/** The sidecar whose process lives, by the `runtime.json` that it keeps. Only loopback addresses count. */
export async function readLocalSidecar(stateDir: string): Promise<LocalSidecar | undefined> {
  const info = asObject(parseJson(await readFile(join(stateDir, "runtime.json"), "utf8").catch(() => "null")));
  const url = asString(info["url"]);
  const pid = asNumber(info["pid"]);
  if (url === undefined || pid === undefined || !/^wss?:\/\/127\.0\.0\.1:\d+$/.test(url) || !isAlive(pid))
    return undefined;
  return { url, tlsFingerprint: asString(info["tlsFingerprint"]), version: asString(info["version"]) ?? "?" };
}

/** The token that the sidecar made for this person; the file is for its owner only. */
export async function readSidecarToken(stateDir: string): Promise<string | undefined> {
  const text = await readFile(join(stateDir, "gateway.token"), "utf8").catch(() => "");
  const token = text.trim();
  return token === "" ? undefined : token;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
