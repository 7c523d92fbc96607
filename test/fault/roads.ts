import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../remote/transport/direct-transport.ts";
import { SshTransport } from "../../remote/transport/ssh-transport.ts";
import { ChatClient } from "../support/chat-client.ts";
import type { RunningSidecar } from "../support/sidecar.ts";
import type { Sshd } from "../support/sshd.ts";
import { environmentOf, prompts } from "../integration/remote/lab.ts";

export const SESSION = "agent:main:main";

/** What another process needs to take the same way. */
export interface SshWay {
  readonly home: string;
  readonly user: string;
  readonly configFile: string;
  readonly gatewayPort: number;
}

/** The way to a Gateway behind an sshd, with the TCP connection going to another place (a proxy, another address). */
export async function sshWay(
  sshd: Sshd,
  gatewayPort: number,
  through: { host?: string; port?: number } = {},
): Promise<SshWay> {
  const directory = await mkdtemp(join(sshd.directory, "way-"));
  const configFile = join(directory, "config");
  const known = join(directory, "known_hosts");
  await writeFile(known, `lab ${sshd.hostPublicKey}\n`);
  await writeFile(
    configFile,
    [
      "Host lab",
      `  HostName ${through.host ?? sshd.host}`,
      `  Port ${through.port ?? sshd.port}`,
      "  HostKeyAlias lab",
      `  UserKnownHostsFile ${known}`,
      "  GlobalKnownHostsFile none",
      "  IdentityAgent none",
      "",
    ].join("\n"),
  );
  return { home: sshd.home, user: sshd.user, configFile, gatewayPort };
}

function overSsh(way: SshWay): SshTransport {
  return new SshTransport({
    target: { user: way.user, host: "lab", port: undefined },
    prompts: prompts(),
    gatewayPort: way.gatewayPort,
    environment: environmentOf(way),
  });
}

/** A connected client with its chat. */
export async function openClient(way: SshWay | string, { token }: Pick<RunningSidecar, "token">): Promise<ChatClient> {
  const transport = typeof way === "string" ? new DirectTransport({ url: parseGatewayUrl(way) }) : overSsh(way);
  const client = new ChatClient({ transport, credential: { token }, sessionKey: SESSION });
  await client.until(() => client.phase === "connected" || client.phase === "failed");
  const { state } = client.connection;
  if (state.phase !== "failed") return client;
  client.dispose();
  throw new Error(`The first connect failed: ${state.failure.code}: ${state.failure.message}`);
}

/** Milliseconds until the connection is in the phase, from `since` (of `performance.now`). */
export async function msUntil(client: ChatClient, connected: "connected" | "gone", since: number): Promise<number> {
  await client.until(() => (client.phase === "connected") === (connected === "connected"));
  return performance.now() - since;
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
export const between = (least: number, most: number): number => least + Math.random() * (most - least);
