import JSON5 from "json5";
import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { type SecretInput, parseOpenClawConfig } from "../config/openclaw-config.ts";
import { own } from "../config/own.ts";
import { onboardingError } from "./onboarding-error.ts";

export interface GatewayAuthSource {
  /** As the person knows it. */
  readonly host: string;
  /** Of the config file on the host. */
  readonly path: string;
  readonly text: string;
  /** What `${NAME}` in it means there, the first that has a name wins; the config's own `env.vars` come last. */
  readonly env: readonly ReadonlyMap<string, string>[];
  /** The token that the Gateway made for itself; it counts when the config names none. */
  readonly ownToken?: string | undefined;
}

export interface GatewayAuth {
  readonly mode: "token" | "password" | "none";
  readonly credential: GatewayCredential;
  /** Where it was found: `gateway.auth.token`. */
  readonly from: string;
}

const MAX_SECRET = 4096;
/** OpenClaw's own names for a secret that stands in no config (docs/gateway/remote, "Credential precedence"). */
const ENV_NAME = { token: "OPENCLAW_GATEWAY_TOKEN", password: "OPENCLAW_GATEWAY_PASSWORD" } as const;

/**
 * What a Gateway with this config lets people in with, as OpenClaw would read it. Nothing of the file is run or followed.
 * @throws ConnectError REMOTE_CONFIG_UNREADABLE, SECRET_UNRESOLVED; never with a secret in it
 */
export function readGatewayAuth(source: GatewayAuthSource): GatewayAuth {
  const { host, path, text, env, ownToken } = source;
  const config = parsed(source);
  const root: unknown = text.trim() === "" ? {} : JSON5.parse(text);
  const auth = own(own(root, "gateway"), "auth");
  const unresolved = (why: string): ConnectError =>
    onboardingError("SECRET_UNRESOLVED", host, why, { facts: [{ label: "savedIn", value: path }] });

  const named = own(auth, "mode");
  const fallback = config.auth.token === undefined && config.auth.password !== undefined ? "password" : "token";
  const mode = named ?? fallback;
  if (mode === "none") return { mode, credential: {}, from: "gateway.auth.mode" };
  if (mode !== "token" && mode !== "password") {
    throw unresolved("the Gateway lets people in by a proxy (gateway.auth.mode), not by a token or password");
  }
  const valueOf = (name: string): string | undefined =>
    [...env, new Map(Object.entries(config.envVars))].map((each) => each.get(name)).find((value) => Boolean(value));
  const key = `gateway.auth.${mode}`;
  const input = config.auth[mode];
  if (input === undefined && mode === "token" && ownToken !== undefined) {
    return { mode, credential: { token: ownToken }, from: "its own" };
  }
  const value = input === undefined ? valueOf(ENV_NAME[mode]) : resolve(input, key, { valueOf, unresolved });
  if (value === undefined) {
    const isSplit = own(root, "$include") !== undefined;
    throw unresolved(
      `${path} has no ${key}${isSplit ? "; it may stand in a file that this one includes" : ", and no .env file names it"}`,
    );
  }
  // oxlint-disable-next-line no-control-regex -- a secret has no control characters; a misread file has
  if (value.length > MAX_SECRET || /[\u0000-\u001f\u007f]/.test(value))
    throw unresolved(`${key} of ${path} is no secret`);
  const from = input === undefined ? ENV_NAME[mode] : key;
  return mode === "token"
    ? { mode, credential: { token: value }, from }
    : { mode, credential: { password: value }, from };
}

function parsed({ host, path, text }: GatewayAuthSource) {
  try {
    return parseOpenClawConfig(text, path);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const why = error.facts.find(({ label }) => label === "detail")?.value ?? error.message;
    const facts = [{ label: "savedIn" as const, value: path }];
    throw onboardingError("REMOTE_CONFIG_UNREADABLE", host, why, { facts, cause: error });
  }
}

interface Resolving {
  readonly valueOf: (name: string) => string | undefined;
  readonly unresolved: (why: string) => ConnectError;
}

/** Text with `${NAME}` places, the shorthand `$NAME`, or an `env` reference (docs/gateway/secrets). */
function resolve(input: SecretInput, key: string, { valueOf, unresolved }: Resolving): string {
  const need = (name: string): string => {
    const value = valueOf(name);
    if (value !== undefined) return value;
    throw unresolved(`${key} needs the environment variable ${name}, which only the Gateway's own process has`);
  };
  if (typeof input !== "string") {
    if (input.source === "env") return need(input.id);
    throw unresolved(`${key} comes from a secret ${input.source}, which only the Gateway itself can open`);
  }
  const shorthand = /^\$([A-Z][A-Z0-9_]{0,127})$/.exec(input)?.[1];
  if (shorthand !== undefined) return need(shorthand);
  return input.replace(/\$(\$?)\{([A-Z_][A-Z0-9_]*)\}/g, (_all, escape: string, name: string) =>
    escape === "" ? need(name) : `\${${name}}`,
  );
}
