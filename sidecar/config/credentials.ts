import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readIfPresent, writePrivateFile } from "../store/private-file.ts";
import type { SidecarConfig } from "./config.ts";
import type { RunFlags } from "./flags.ts";
import { resolveSecret } from "./secret.ts";
import { StartupError, errnoOf, reasonOf } from "./startup-error.ts";
import { STATE_FILES } from "./state-dir.ts";

/** The shared secret that somebody chose, or undefined when the sidecar is to make its own token. */
export interface ChosenSecret {
  readonly mode: "token" | "password";
  readonly value: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const filled = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === "" ? undefined : value.trim();

/**
 * Finds the secret: flags, then the environment, then the config file. Reads, writes nothing.
 * @throws StartupError when one is named and cannot be had: it never falls back to another
 */
export function chooseSecret(flags: RunFlags, config: SidecarConfig, env: Env = process.env): ChosenSecret | undefined {
  if (flags.token !== undefined && flags.tokenFile !== undefined) {
    throw new StartupError("--token and --token-file are both given; use one of them.", { exitCode: 2 });
  }
  const token = flags.token ?? readTokenFile(flags.tokenFile) ?? filled(env["OPENCLAW_GATEWAY_TOKEN"]);
  const password = flags.password ?? filled(env["OPENCLAW_GATEWAY_PASSWORD"]);
  const mode =
    flags.password === undefined
      ? (config.authMode ?? (token === undefined && password !== undefined ? "password" : "token"))
      : "password";
  const given = mode === "token" ? token : password;
  if (given !== undefined) return { mode, value: given.trim() };
  const configured = mode === "token" ? config.token : config.password;
  if (configured !== undefined) {
    const secret = resolveSecret(configured, env);
    if (!secret.ok) throw new StartupError(`gateway.auth.${mode} of ${config.path} cannot be read: ${secret.why}.`);
    if (secret.value.trim() === "")
      throw new StartupError(`gateway.auth.${mode} of ${config.path} is empty; give it a value or remove it.`);
    return { mode, value: secret.value.trim() };
  }
  if (mode === "password") {
    throw new StartupError(
      `${config.path} wants a password, but there is none; set OPENCLAW_GATEWAY_PASSWORD or gateway.auth.password.`,
    );
  }
  return undefined;
}

function readTokenFile(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw new StartupError(
      `The token file ${path} cannot be read (${errnoOf(error) ?? reasonOf(error)}); check --token-file.`,
      { cause: error },
    );
  }
  const token = filled(content.split("\n", 1)[0]);
  if (token === undefined) throw new StartupError(`The token file ${path} is empty; put the token on its first line.`);
  return token;
}

/** The token of this state directory, made at the first start; only its owner can read it. */
export function ownToken(stateDir: string): string {
  const path = join(stateDir, STATE_FILES.token);
  const known = filled(readIfPresent(path));
  if (known !== undefined) return known;
  const token = randomBytes(32).toString("base64url");
  writePrivateFile(path, `${token}\n`);
  return token;
}

/** The key that device tokens are derived from, made at the first start. */
export function deviceKey(stateDir: string): Buffer {
  const path = join(stateDir, STATE_FILES.deviceKey);
  const known = filled(readIfPresent(path));
  if (known !== undefined && /^[0-9a-f]{64}$/.test(known)) return Buffer.from(known, "hex");
  const key = randomBytes(32);
  writePrivateFile(path, `${key.toString("hex")}\n`);
  return key;
}
