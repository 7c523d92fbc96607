import { homedir } from "node:os";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { pickCredential } from "../../remote/config/credentials.ts";
import { type OpenClawConfig, readOpenClawConfig } from "../../remote/config/openclaw-config.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import type { ConnectionWish } from "./connection-options.ts";
import type { Target } from "./target.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The Gateway that `openclaw.json` saved under `gateway.remote`, when its `gateway.mode` is `remote`.
 * @throws ConnectError CONFIG_INVALID
 */
export async function savedRemote(wish: ConnectionWish, env: Env): Promise<Target | undefined> {
  const config = await readOpenClawConfig({ env, home: homedir() });
  if (config.mode !== "remote") return undefined;
  const explicit = {
    ...(wish.token === undefined ? {} : { token: wish.token }),
    ...(wish.password === undefined ? {} : { password: wish.password }),
  };
  const credential = pickCredential({ explicit, target: "remote-config", config, env });
  const { url, transport, sshTarget, remotePort, tlsFingerprint } = config.remote;
  // SSH is the file's default road, but without a target the URL is the near end of a tunnel that somebody keeps open.
  if (transport !== "direct" && sshTarget !== undefined) {
    const gatewayPort = remotePort ?? (url === undefined ? undefined : parseGatewayUrl(url).port);
    const { sshClient } = wish;
    return { kind: "ssh", name: sshTarget, ssh: sshTarget, sshClient, gatewayPort, credential };
  }
  if (url === undefined) throw missing(config, "gateway.remote.url");
  return { kind: "url", name: url, url, tlsFingerprint, credential };
}

function missing({ path }: OpenClawConfig, key: string): ConnectError {
  const detail = `gateway.mode is "remote", but ${key} is not set`;
  return new ConnectError("CONFIG_INVALID", `${path}: ${detail}.`, {
    step: "resolve",
    facts: [
      { label: "savedIn", value: path },
      { label: "detail", value: detail },
    ],
  });
}
