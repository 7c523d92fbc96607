import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import { configError } from "./config-error.ts";
import type { OpenClawConfig, SecretInput } from "./openclaw-config.ts";

export interface CredentialSources {
  /** Given by hand (a flag, a prompt, SecretStorage). When it has anything, it is all that is used. */
  readonly explicit: GatewayCredential;
  /**
   * Who named the Gateway: a person (`given`), `OPENCLAW_GATEWAY_URL` (`env`), or the config. A URL that was given never
   * borrows a credential, and one from the environment only borrows from there.
   */
  readonly target: "given" | "env" | "remote-config" | "local-config";
  readonly config: OpenClawConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Picks the credential for a Gateway in OpenClaw's documented order (docs/gateway/remote, "Credential precedence").
 * @throws ConnectError CONFIG_INVALID when the one that is next in order is configured but cannot be resolved
 */
export function pickCredential({ explicit, target, config, env }: CredentialSources): GatewayCredential {
  if (explicit.token !== undefined || explicit.password !== undefined) return explicit;
  if (target === "given") return {};
  const fromEnv = { token: filled(env["OPENCLAW_GATEWAY_TOKEN"]), password: filled(env["OPENCLAW_GATEWAY_PASSWORD"]) };
  if (target === "env") return credential(fromEnv.token, fromEnv.password);

  const saved = (key: string, input: SecretInput | undefined) => () =>
    input === undefined ? undefined : resolveSecret(input, { key, config, env });
  const remoteToken = saved("gateway.remote.token", config.remote.token);
  const remotePassword = saved("gateway.remote.password", config.remote.password);
  const localToken = saved("gateway.auth.token", config.auth.token);
  const localPassword = saved("gateway.auth.password", config.auth.password);
  return target === "remote-config"
    ? credential(
        remoteToken() ?? fromEnv.token ?? localToken(),
        fromEnv.password ?? remotePassword() ?? localPassword(),
      )
    : credential(
        localToken() ?? fromEnv.token ?? remoteToken(),
        localPassword() ?? fromEnv.password ?? remotePassword(),
      );
}

/**
 * The text of a secret. `${NAME}` is replaced from the environment, then from the config's `env.vars`; `$${NAME}` stands for
 * itself. Of OpenClaw's secret references only `env` is understood.
 * @throws ConnectError CONFIG_INVALID; a place that cannot be filled never goes on the wire as it stands
 */
export function resolveSecret(
  input: SecretInput,
  { key, config, env }: { key: string } & Pick<CredentialSources, "config" | "env">,
): string {
  const valueOf = (name: string): string => {
    const value = filled(env[name]) ?? (Object.hasOwn(config.envVars, name) ? filled(config.envVars[name]) : undefined);
    if (value === undefined)
      throw configError(config.path, `${key} needs the environment variable ${name}, which is not set`);
    return value;
  };
  if (typeof input === "string") {
    return input.replace(/\$(\$?)\{([A-Z_][A-Z0-9_]*)\}/g, (_all, escape: string, name: string) =>
      escape === "" ? valueOf(name) : `\${${name}}`,
    );
  }
  if (input.source !== "env")
    throw configError(config.path, `${key} comes from “${input.source}”; only env is understood here`);
  return valueOf(input.id);
}

const filled = (text: string | undefined): string | undefined => (text === undefined || text === "" ? undefined : text);

const credential = (token: string | undefined, password: string | undefined): GatewayCredential => ({
  ...(token === undefined ? {} : { token }),
  ...(password === undefined ? {} : { password }),
});
