import { join } from "node:path";
import JSON5 from "json5";
import { readText } from "../files/read-text.ts";
import { configError } from "./config-error.ts";
import { own } from "./own.ts";

/** What surrounds a config file: where it is, and what `${NAME}` in it means. */
export interface ConfigEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

/** A secret as it stands in the file: text with `${NAME}` places, or a reference (OpenClaw's SecretRef). */
export type SecretInput = string | { readonly source: string; readonly id: string };

/** The client's part of openclaw.json (docs/gateway/config-gateway, docs/gateway/remote). */
export interface OpenClawConfig {
  readonly path: string;
  readonly mode: "local" | "remote" | undefined;
  /** Where a Gateway on this computer listens. */
  readonly port: number | undefined;
  readonly auth: { readonly token: SecretInput | undefined; readonly password: SecretInput | undefined };
  readonly remote: {
    readonly url: string | undefined;
    readonly token: SecretInput | undefined;
    readonly password: SecretInput | undefined;
    readonly transport: "ssh" | "direct" | undefined;
    readonly sshTarget: string | undefined;
    readonly sshHostKeyPolicy: "strict" | "openssh" | undefined;
    readonly remotePort: number | undefined;
    readonly tlsFingerprint: string | undefined;
  };
  /** `env.vars`: used for names that the process's environment does not have. */
  readonly envVars: Readonly<Record<string, string>>;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** `OPENCLAW_CONFIG_PATH`, else `openclaw.json` in the state directory. */
export function openClawConfigPath(environment: ConfigEnvironment): string {
  return pathIn(environment, "OPENCLAW_CONFIG_PATH") ?? join(openClawStateDir(environment), "openclaw.json");
}

/** `OPENCLAW_STATE_DIR`, else `~/.openclaw`. */
export function openClawStateDir(environment: ConfigEnvironment): string {
  return pathIn(environment, "OPENCLAW_STATE_DIR") ?? join(environment.home, ".openclaw");
}

function pathIn({ env, home }: ConfigEnvironment, name: string): string | undefined {
  const path = env[name]?.trim();
  if (path === undefined || path === "") return undefined;
  return path === "~" || /^~[\\/]/.test(path) ? join(home, path.slice(1)) : path;
}

/**
 * Reads the config; a file that is not there is an empty one. Keys that are not ours are not looked at.
 * @throws ConnectError CONFIG_INVALID
 */
export async function readOpenClawConfig(environment: ConfigEnvironment): Promise<OpenClawConfig> {
  const path = openClawConfigPath(environment);
  return parseOpenClawConfig(await readConfigText(path), path);
}

/** @throws ConnectError CONFIG_INVALID with the key, never with its value */
export function parseOpenClawConfig(text: string, path: string): OpenClawConfig {
  const root = text.trim() === "" ? {} : parseJson5(text, path);
  const fault = (key: string, wanted: string): never => {
    throw configError(path, `${key} must be ${wanted}`);
  };
  const section = (parent: unknown, key: string, name: string): unknown => {
    const value = own(parent, key) ?? {};
    if (typeof value !== "object" || Array.isArray(value)) return fault(name, "an object");
    if (own(value, "$include") !== undefined)
      throw configError(path, `${name} uses $include, which is not followed here`);
    return value;
  };
  const word = (parent: unknown, name: string): string | undefined => {
    const value = own(parent, lastOf(name));
    if (value === undefined || value === null) return undefined;
    return typeof value === "string" ? value : fault(name, "text");
  };
  const oneOf = <T extends string>(parent: unknown, name: string, allowed: readonly T[]): T | undefined => {
    const value = word(parent, name);
    return value === undefined
      ? undefined
      : (allowed.find((each) => each === value) ?? fault(name, allowed.join(" or ")));
  };
  const port = (parent: unknown, name: string): number | undefined => {
    const value = own(parent, lastOf(name));
    if (value === undefined) return undefined;
    const isPort = typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_535;
    return isPort ? value : fault(name, "a port from 1 to 65535");
  };
  const secret = (parent: unknown, name: string): SecretInput | undefined => {
    const value = own(parent, lastOf(name));
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    const source = own(value, "source");
    const id = own(value, "id");
    return typeof source === "string" && typeof id === "string"
      ? { source, id }
      : fault(name, "text or a secret reference");
  };

  const gateway = section(root, "gateway", "gateway");
  const auth = section(gateway, "auth", "gateway.auth");
  const remote = section(gateway, "remote", "gateway.remote");
  const vars = own(own(root, "env"), "vars");
  return {
    path,
    mode: oneOf(gateway, "gateway.mode", ["local", "remote"]),
    port: port(gateway, "gateway.port"),
    auth: { token: secret(auth, "gateway.auth.token"), password: secret(auth, "gateway.auth.password") },
    remote: {
      url: word(remote, "gateway.remote.url"),
      token: secret(remote, "gateway.remote.token"),
      password: secret(remote, "gateway.remote.password"),
      transport: oneOf(remote, "gateway.remote.transport", ["ssh", "direct"]),
      sshTarget: word(remote, "gateway.remote.sshTarget"),
      sshHostKeyPolicy: oneOf(remote, "gateway.remote.sshHostKeyPolicy", ["strict", "openssh"]),
      remotePort: port(remote, "gateway.remote.remotePort"),
      tlsFingerprint: word(remote, "gateway.remote.tlsFingerprint"),
    },
    envVars: Object.fromEntries(
      Object.entries(typeof vars === "object" && vars !== null ? vars : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    ),
  };
}

const lastOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

function parseJson5(text: string, path: string): unknown {
  let root: unknown;
  try {
    root = JSON5.parse(text);
  } catch (error) {
    // JSON5 names the place and one character, which gives no secret away.
    throw configError(path, error instanceof Error ? error.message.replace(/^JSON5: /, "") : "it is not JSON5");
  }
  if (typeof root !== "object" || root === null || Array.isArray(root))
    throw configError(path, "it must hold an object");
  return root;
}

async function readConfigText(path: string): Promise<string> {
  try {
    return await readText(path, MAX_BYTES);
  } catch (error) {
    throw configError(path, error instanceof Error ? error.message : String(error), error);
  }
}
