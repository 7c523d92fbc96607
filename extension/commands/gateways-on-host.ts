import type { Translate } from "../../protocol/l10n/translate.ts";
import type { HostProbe } from "../../remote/onboarding/probe-host.ts";
import type { GatewayProfile, GatewayTarget } from "../connection/profile.ts";
import { askWhichGateway, gatewaysBeside, profileBeside } from "../onboarding/host-gateways.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";

type SshWay = Extract<GatewayTarget, { kind: "ssh" }>;

export interface HostLook {
  /** Looks round on the host and changes nothing there. @throws ConnectError, CancelledError */
  readonly look: (target: SshWay, signal: AbortSignal) => Promise<HostProbe>;
  /** Where this Gateway was met on its host, when it is connected. */
  readonly metOn: (target: SshWay) => number | undefined;
}

export interface GatewaysOnHostPorts {
  readonly prompts: Prompts;
  readonly host: HostLook;
  readonly progress: <T>(title: string, work: (signal: AbortSignal) => Promise<T>) => PromiseLike<T>;
  readonly connect: (profile: GatewayProfile) => Promise<unknown>;
  readonly t: Translate;
}

/**
 * `Manage Gateways`, `Other Gateways on this host…`: what else runs there (OpenClaw with `--profile`, a sidecar) is connected
 * to as a Gateway of its own.
 */
export async function gatewaysOnHost({ name, target }: GatewayProfile, ports: GatewaysOnHostPorts): Promise<void> {
  if (target.kind !== "ssh") return;
  const { prompts, progress, connect, t } = ports;
  const { look, metOn } = ports.host;
  const host = target.destination;
  const probe = await progress(t("extension.onHost.looking", { host }), (signal) => look(target, signal));
  const gateways = gatewaysBeside(probe, target.gatewayPort ?? metOn(target) ?? likelyPort(probe));
  if (gateways.length === 0) return void (await prompts.inform(t("extension.onHost.none", { host })));
  const question = { host, placeholder: t("extension.onHost.running"), gateways, canStart: false };
  const choice = await askWhichGateway(question, { prompts, t });
  if (choice === undefined || choice === BACK || choice === "start") return;
  await connect(profileBeside({ name, target }, choice));
}

/** The one that a connection without a port would find. */
function likelyPort({ gateways }: HostProbe): number | undefined {
  const isOwn = ({ kind, profile }: HostProbe["gateways"][number]): boolean =>
    kind === "openclaw" && profile === undefined;
  return (gateways.find(isOwn) ?? gateways.find(({ kind }) => kind === "sidecar"))?.port;
}
