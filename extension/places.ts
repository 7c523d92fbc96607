import { answersAsGateway } from "../remote/discovery/answers-as-gateway.ts";
import { listNearbyGateways } from "../remote/discovery/nearby-gateways.ts";
import { listTailnetPeers } from "../remote/discovery/tailnet-peers.ts";
import { probeHost } from "../remote/onboarding/probe-host.ts";
import type { SshSession } from "../remote/ssh/session/ssh-session.ts";
import { type ChooseGatewayPorts, chooseGateway } from "./commands/choose-gateway.ts";
import type { HostLook } from "./commands/gateways-on-host.ts";
import type { GatewayLink } from "./connection/gateway-link.ts";
import type { RoadPorts } from "./connection/open-road.ts";
import { type GatewayProfile, targetKey } from "./connection/profile.ts";
import { type SshHost, listSshHosts } from "./connection/ssh-hosts.ts";
import { userSetting } from "./platform/settings.ts";
import { onHost } from "./sidecar-life/at-place.ts";

/** A look that a Serve address may take, milliseconds. */
const SERVE_TIMEOUT_MS = 3_000;

/** Where this computer can connect to, and the question which of them it shall be. */
export function placesToConnect({
  roadPorts,
  prompts,
  profiles,
  link,
  t,
}: Pick<ChooseGatewayPorts, "prompts" | "profiles" | "t"> & {
  readonly roadPorts: RoadPorts;
  readonly link: Pick<GatewayLink, "view" | "others" | "host">;
}): {
  /** @param title default: that of Connect Remote */
  readonly choose: (title?: string) => Promise<GatewayProfile | undefined>;
  readonly sshHosts: () => Promise<readonly SshHost[]>;
  readonly host: HostLook;
} {
  const { sshEnvironment, remoteWindow } = roadPorts;
  const sshHosts = () => listSshHosts(sshEnvironment);
  const choose = (title?: string) =>
    chooseGateway({
      prompts,
      ...(title === undefined ? {} : { title }),
      profiles,
      sshHosts,
      tailnet: (signal) => listTailnetPeers(sshEnvironment, signal),
      nearby: async (signal) => (userSetting("discovery").read() === true ? listNearbyGateways({ signal }) : []),
      serves: (host, signal) => answersAsGateway(`https://${host}`, { signal, timeoutMs: SERVE_TIMEOUT_MS }),
      windowHost: () => remoteWindow.host(),
      view: () => link.view,
      others: () => link.others,
      t,
    });
  const host: HostLook = {
    look: (target, signal) => {
      const work = (session: SshSession) => probeHost(session, { signal });
      return onHost(target, { signal, work }, { ...roadPorts, link });
    },
    metOn: (target) =>
      link.view.target !== undefined && targetKey(link.view.target) === targetKey(target)
        ? link.host?.gatewayPort
        : undefined,
  };
  return { choose, sshHosts, host };
}
