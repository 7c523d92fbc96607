import type { SecretInput } from "./gateway-config.ts";

export type ResolvedSecret =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly why: string };

const REFERENCE = /^\$\{([A-Z_][A-Z0-9_]*)\}$/i;

/** Finds a secret. What cannot be found is said, never guessed; the value itself is in no message. */
export function resolveSecret(
  secret: SecretInput,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedSecret {
  if (typeof secret === "string") {
    const name = REFERENCE.exec(secret)?.[1];
    return name === undefined ? { ok: true, value: secret } : fromEnv(name, env);
  }
  if (secret.source === "env") return fromEnv(secret.id, env);
  return { ok: false, why: `a secret from "${secret.source}" is not supported here, only "env"` };
}

function fromEnv(name: string, env: Readonly<Record<string, string | undefined>>): ResolvedSecret {
  const value = env[name];
  if (value !== undefined && value !== "") return { ok: true, value };
  return { ok: false, why: `the environment variable ${name} is not set` };
}
