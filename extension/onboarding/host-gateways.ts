import type { Translate } from "../../protocol/l10n/translate.ts";
import type { HostGateway, HostProbe } from "../../remote/onboarding/probe-host.ts";
import type { GatewayProfile, GatewayTarget } from "../connection/profile.ts";
import { plainLabel } from "../ui/plain-text.ts";
import type { Back, Prompts } from "../ui/prompts.ts";

/** What runs on a host and is known for a Gateway, but for the one on this port. */
export const gatewaysBeside = ({ gateways }: HostProbe, port: number | undefined): readonly HostGateway[] =>
  gateways.filter((gateway) => gateway.kind !== "unknown" && gateway.port !== port);

/** Pure: `OpenClaw`, `OpenClaw (rescue)`, `sidecar`. */
const gatewayWord = ({ kind, profile }: HostGateway): string =>
  kind === "sidecar" ? "sidecar" : profile === undefined ? "OpenClaw" : `OpenClaw (${profile})`;

export interface GatewaysQuestion {
  /** `alice@home` */
  readonly host: string;
  readonly placeholder: string;
  readonly gateways: readonly HostGateway[];
  /** Whether a sidecar may be started instead. */
  readonly canStart: boolean;
}

/** Asks which of the Gateways on a host. */
export function askWhichGateway(
  { host, placeholder, gateways, canStart }: GatewaysQuestion,
  { prompts, t }: { readonly prompts: Prompts; readonly t: Translate },
): Promise<HostGateway | "start" | Back | undefined> {
  return prompts.pick<HostGateway | "start">({
    title: t("extension.onHost.title", { host }),
    placeholder,
    items: [
      ...gateways.map((gateway) => ({
        label: `$(server) ${plainLabel(gatewayWord(gateway))}`,
        description: `127.0.0.1:${gateway.port}`,
        value: gateway,
      })),
      ...(canStart ? [{ label: `$(add) ${t("extension.onHost.start")}`, value: "start" as const }] : []),
    ],
  });
}

/** Pure: how a Gateway beside another on the same host is saved. */
export function profileBeside(
  { name, target }: { readonly name: string; readonly target: Extract<GatewayTarget, { kind: "ssh" }> },
  gateway: HostGateway,
): GatewayProfile {
  const own = gateway.kind === "sidecar" ? "sidecar" : (gateway.profile ?? "OpenClaw");
  // One that was itself found beside another bears the name of its host and its own.
  const host = target.gatewayPort === undefined ? name : name.replace(/ \([^()]*\)$/, "");
  return { name: `${host} (${own})`, target: { ...target, gatewayPort: gateway.port } };
}
