import type { Translate } from "../../protocol/l10n/translate.ts";
import { parseSshTarget } from "../../remote/target/ssh-target.ts";
import { DEFAULT_GATEWAY_PORT } from "../../remote/transport/find-gateway.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import type { HostRoad } from "../onboarding/host-onboarding.ts";
import type { Tunnel } from "../tunnel/tunnel.ts";
import type { Prompts } from "../ui/prompts.ts";

/** What is known of a Gateway that was met on its host. */
export type GatewayAtHost = Pick<HostRoad, "gatewayPort" | "certificate">;

export interface TunnelPorts {
  readonly tunnel: Pick<Tunnel, "open" | "close" | "port">;
  readonly view: () => LinkView;
  /** Where the Gateway of the present SSH road listens on its host, and whether in TLS. */
  readonly host: () => GatewayAtHost | undefined;
  readonly prompts: Prompts;
  readonly copy: (text: string) => Promise<void>;
  readonly t: Translate;
}

/** `OpenClaw: Tunnel: Open Local Port`: for the CLI and for a browser of this computer, until it is closed. */
export async function openLocalPortCommand(ports: TunnelPorts): Promise<void> {
  const { tunnel, host, prompts, view, copy, t } = ports;
  const port = await tunnel.open();
  if (port === undefined) {
    await prompts.inform(t("extension.tunnel.noSsh"));
    return;
  }
  const url = `${host()?.certificate === undefined ? "http" : "https"}://127.0.0.1:${port}`;
  const answer = await prompts.inform(t("extension.tunnel.open", { url, name: view().profile?.name ?? "" }), [
    { value: "copy", label: t("extension.tunnel.copy") },
    { value: "close", label: t("extension.tunnel.close") },
  ]);
  if (answer === "copy") await copy(url);
  if (answer === "close") tunnel.close();
}

/** `OpenClaw: Tunnel: Close Local Port`. */
export async function closeLocalPortCommand({ tunnel, prompts, t }: TunnelPorts): Promise<void> {
  const { port } = tunnel;
  tunnel.close();
  await prompts.inform(port === undefined ? t("extension.tunnel.none") : t("extension.tunnel.closed", { port }));
}

/** `OpenClaw: Tunnel: Copy SSH Command`: the same way by hand, for a terminal. */
export async function copyTunnelCommand({ view, host, prompts, copy, t }: TunnelPorts): Promise<void> {
  const { target } = view();
  if (target?.kind !== "ssh") {
    await prompts.inform(t("extension.tunnel.noSsh"));
    return;
  }
  await copy(tunnelCommand(target.destination, target.gatewayPort ?? host()?.gatewayPort ?? DEFAULT_GATEWAY_PORT));
  await prompts.inform(t("extension.copied.command"));
}

/**
 * Pure: `ssh -N -L 18789:127.0.0.1:PORT user@host`. The destination went through the strict parser, so that no shell reads
 * anything else in it.
 * @throws ConnectError TARGET_INVALID
 */
export function tunnelCommand(destination: string, port: number): string {
  const { user, host, port: sshPort } = parseSshTarget(destination);
  const option = sshPort === undefined ? "" : `-p ${sshPort} `;
  const where = user === undefined ? host : `${user}@${host}`;
  return `ssh -N -L ${DEFAULT_GATEWAY_PORT}:127.0.0.1:${port} ${option}-- ${where}`;
}
