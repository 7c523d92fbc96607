import { join } from "node:path";
import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import type { SshClientChoice } from "../../remote/ssh/system/system-ssh.ts";
import { STATE_FILES, resolveStateDir } from "../config/state-dir.ts";
import { readIfPresent } from "../store/private-file.ts";
import { readRuntimeFile } from "../store/runtime-file.ts";
import { CliError, usageError } from "./cli-error.ts";
import type { ConnectionWish } from "./connection-options.ts";
import { EXIT } from "./exit-codes.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Where a command goes, and with what. `name` is how it is shown: never a secret. */
export type Target =
  | {
      readonly kind: "url";
      readonly name: string;
      readonly url: string;
      readonly credential: GatewayCredential;
      readonly tlsFingerprint?: string | undefined;
      /** Request headers for what stands before the Gateway; secrets. */
      readonly edgeHeaders?: ReadonlyMap<string, string>;
    }
  | {
      readonly kind: "ssh";
      readonly name: string;
      readonly ssh: string;
      readonly sshClient: SshClientChoice;
      readonly gatewayPort: number | undefined;
      readonly credential: GatewayCredential;
    };

/**
 * What the flags say, else the running sidecar of this profile, else `gateway.remote` of `openclaw.json`. A target that
 * was named on the command line never gets a credential from a file.
 * @throws CliError NO_TARGET
 */
export async function resolveTarget(wish: ConnectionWish, env: Env): Promise<Target> {
  const given = givenCredential(wish, env);
  if (wish.url !== undefined) {
    const edgeHeaders = new Map([...wish.edgeHeaders].map(([name, variable]) => [name, valueOf(variable, env)]));
    return { kind: "url", name: wish.url, url: wish.url, credential: given, edgeHeaders };
  }
  if (wish.ssh !== undefined) {
    const { ssh, sshClient, port: gatewayPort } = wish;
    return { kind: "ssh", name: ssh, ssh, sshClient, gatewayPort, credential: given };
  }
  const stateDir = resolveStateDir(
    {
      ...(wish.stateDir === undefined ? {} : { stateDir: wish.stateDir }),
      ...(wish.profile === undefined ? {} : { profile: wish.profile }),
    },
    env,
  );
  const running = readRuntimeFile(stateDir);
  if (running !== undefined) {
    const credential = isEmpty(given) ? savedCredential(stateDir) : given;
    const { url, tlsFingerprint } = running;
    return { kind: "url", name: url, url, credential, tlsFingerprint };
  }
  const { savedRemote } = await import("./saved-remote.ts");
  const saved = wish.stateDir === undefined && wish.profile === undefined ? await savedRemote(wish, env) : undefined;
  if (saved !== undefined) return saved;
  const message = `No sidecar runs from ${stateDir}. Start one with \`openclaw-sidecar run\`, or name a Gateway with --url or --ssh.`;
  throw new CliError("NO_TARGET", message, { exitCode: EXIT.unreachable });
}

function valueOf(variable: string, env: Env): string {
  const value = env[variable]?.trim() ?? "";
  if (value === "") throw usageError(`--header-env: the variable ${variable} is not set.`);
  return value;
}

/** The flag wins over the environment; a token wins over a password. */
function givenCredential(wish: ConnectionWish, env: Env): GatewayCredential {
  const token = wish.token ?? (wish.password === undefined ? env["OPENCLAW_GATEWAY_TOKEN"] : undefined);
  if (token !== undefined && token !== "") return { token };
  const password = wish.password ?? env["OPENCLAW_GATEWAY_PASSWORD"];
  return password === undefined || password === "" ? {} : { password };
}

const isEmpty = (credential: GatewayCredential): boolean =>
  credential.token === undefined && credential.password === undefined;

/** The token that the sidecar of this state directory made for itself. */
function savedCredential(stateDir: string): GatewayCredential {
  const token = readIfPresent(join(stateDir, STATE_FILES.token))?.trim() ?? "";
  return token === "" ? {} : { token };
}
