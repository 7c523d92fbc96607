import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readIfPresent, writePrivateFile } from "../store/private-file.ts";
import type { SidecarConfig } from "./config.ts";
import type { RunFlags } from "./flags.ts";
import type { AuthMode, SecretInput } from "./gateway-config.ts";
import { resolveSecret } from "./secret.ts";
import { StartupError, errnoOf, reasonOf } from "./startup-error.ts";
import { STATE_FILES } from "./state-dir.ts";

/** Where a secret came from: one of the config can be changed while the Gateway runs. */
export type SecretOrigin = "flag" | "file" | "environment" | "config";

interface FoundSecret {
  readonly value: string;
  readonly origin: SecretOrigin;
}

/** How clients prove themselves, as flags, environment and config say it. */
export type ChosenAuth =
  | { readonly mode: "token"; /** Undefined: nobody chose one. */ readonly secret: FoundSecret | undefined }
  | { readonly mode: "password"; readonly secret: FoundSecret }
  | { readonly mode: "trusted-proxy"; /** For programs of this computer. */ readonly secret: FoundSecret | undefined }
  | { readonly mode: "none"; readonly secret: undefined };

type Env = Readonly<Record<string, string | undefined>>;

/** What a copied example or a script's mistake leaves: published, so no secret. */
const NO_SECRET =
  /^(?:undefined|null|\*+|<.*>|(?:your|my)[-_ ]?(?:gateway[-_ ]?)?(?:token|password)|(?:replace|change)[-_ ]?(?:me|this|with)(?:[-_ ].*)?)$/i;

const filled = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === "" ? undefined : value.trim();

/**
 * Finds how clients prove themselves: flags, then the environment, then the config file. `gateway.remote` is never looked
 * at. Reads, writes nothing.
 * @throws StartupError when a secret is named and cannot be had, or is none: it never falls back to another
 */
export function chooseAuth(flags: RunFlags, config: SidecarConfig, env: Env = process.env): ChosenAuth {
  const token = { ...TOKEN, given: givenToken(flags, env), configured: config.token };
  const password = { ...PASSWORD, given: givenPassword(flags, env), configured: config.password };
  const mode = chooseMode(flags, config, { token, password });
  switch (mode) {
    case "none":
      return { mode, secret: undefined };
    case "token":
      return { mode, secret: find(token, config, env) };
    case "password": {
      const secret = find(password, config, env);
      if (secret !== undefined) return { mode, secret };
      throw new StartupError(
        `${config.authMode === "password" ? config.path : "--auth"} wants a password, but there is none; set OPENCLAW_GATEWAY_PASSWORD or gateway.auth.password.`,
      );
    }
    case "trusted-proxy":
      if (token.given !== undefined || token.configured !== undefined) {
        throw new StartupError(
          `gateway.auth.mode is "trusted-proxy", but a token is set as well, which would open another way past the proxy; remove the token, or choose --auth token.`,
        );
      }
      return { mode, secret: find(password, config, env) };
  }
}

interface Candidate {
  readonly what: "token" | "password";
  readonly given: FoundSecret | undefined;
  readonly configured: SecretInput | undefined;
}
const TOKEN = { what: "token" } as const;
const PASSWORD = { what: "password" } as const;

function chooseMode(
  flags: RunFlags,
  config: SidecarConfig,
  { token, password }: { readonly token: Candidate; readonly password: Candidate },
): AuthMode {
  const said = flags.auth ?? (isFlag(password) ? "password" : config.authMode);
  if (said !== undefined) return said;
  const has = ({ given, configured }: Candidate): boolean => given !== undefined || configured !== undefined;
  if (!has(password)) return "token";
  if (!has(token)) return "password";
  if (isFlag(token)) return "token";
  throw new StartupError(
    "Both a token and a password are set; say which one counts with gateway.auth.mode or --auth token|password.",
  );
}

const isFlag = ({ given }: Candidate): boolean => given?.origin === "flag" || given?.origin === "file";

function find({ what, given, configured }: Candidate, config: SidecarConfig, env: Env): FoundSecret | undefined {
  if (given !== undefined) return checked(given, `The ${what} that was given`);
  if (configured === undefined) return undefined;
  const name = `gateway.auth.${what} of ${config.path}`;
  const secret = resolveSecret(configured, env);
  if (!secret.ok) throw new StartupError(`${name} cannot be read: ${secret.why}.`);
  const value = filled(secret.value);
  if (value === undefined) throw new StartupError(`${name} is empty; give it a value or remove it.`);
  return checked({ value, origin: "config" }, name);
}

function checked(secret: FoundSecret, name: string): FoundSecret {
  if (!NO_SECRET.test(secret.value)) return secret;
  throw new StartupError(
    `${name} is a placeholder, which everybody knows; put a real one there, for example the output of: openssl rand -hex 32`,
  );
}

/** The token or password among it, or undefined when the sidecar is to make its own token, or none is asked for. */
export function chooseSecret(
  flags: RunFlags,
  config: SidecarConfig,
  env: Env = process.env,
): { readonly mode: "token" | "password"; readonly value: string } | undefined {
  const { mode, secret } = chooseAuth(flags, config, env);
  return secret && { mode: mode === "token" ? mode : "password", value: secret.value };
}

function givenToken(flags: RunFlags, env: Env): FoundSecret | undefined {
  if (flags.token !== undefined && flags.tokenFile !== undefined) {
    throw new StartupError("--token and --token-file are both given; use one of them.", { exitCode: 2 });
  }
  if (flags.token !== undefined) return { value: flags.token.trim(), origin: "flag" };
  if (flags.tokenFile !== undefined) return { value: readSecretFile(flags.tokenFile, "token"), origin: "file" };
  const value = filled(env["OPENCLAW_GATEWAY_TOKEN"]);
  return value === undefined ? undefined : { value, origin: "environment" };
}

function givenPassword(flags: RunFlags, env: Env): FoundSecret | undefined {
  if (flags.password !== undefined && flags.passwordFile !== undefined) {
    throw new StartupError("--password and --password-file are both given; use one of them.", { exitCode: 2 });
  }
  if (flags.password !== undefined) return { value: flags.password.trim(), origin: "flag" };
  if (flags.passwordFile !== undefined)
    return { value: readSecretFile(flags.passwordFile, "password"), origin: "file" };
  const value = filled(env["OPENCLAW_GATEWAY_PASSWORD"]);
  return value === undefined ? undefined : { value, origin: "environment" };
}

/** The first line of a file that holds a secret. @throws StartupError */
function readSecretFile(path: string, what: "token" | "password"): string {
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw new StartupError(
      `The ${what} file ${path} cannot be read (${errnoOf(error) ?? reasonOf(error)}); check --${what}-file.`,
      { cause: error },
    );
  }
  const secret = filled(content.split("\n", 1)[0]);
  if (secret === undefined)
    throw new StartupError(`The ${what} file ${path} is empty; put the ${what} on its first line.`);
  return secret;
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
