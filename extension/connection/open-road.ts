import type { DeviceIdentity, GatewayCredential } from "../../protocol/client/credentials.ts";
import type { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { ClientInfo } from "../../protocol/gateway/identity.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { type HostActivity, SshOnboarding } from "../onboarding/host-onboarding.ts";
import type { ApprovalBoard } from "../onboarding/await-approval.ts";
import type { HostQuestions } from "../onboarding/host-questions.ts";
import { type ClimbHelp, climb } from "./climb.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { Road } from "./gateway-link.ts";
import type { GatewayProfile } from "./profile.ts";
import type { SidecarHosts } from "./sidecar-hosts.ts";
import { type TransportPorts, localCredential, openTransport } from "./transports.ts";

export interface RoadPorts extends Omit<TransportPorts, "prefersSidecar"> {
  readonly sidecarHosts: SidecarHosts;
  readonly credentials: CredentialStore;
  readonly identity: () => Promise<DeviceIdentity>;
  readonly client: ClientInfo;
  readonly questions: HostQuestions;
  /** `dist/sidecar.mjs` of this extension. */
  readonly sidecarFile: string;
  /** Has the credential of a Gateway typed; `undefined` when cancelled. */
  readonly ask: (
    name: string,
    signal: AbortSignal,
    why: ConnectError | undefined,
  ) => Promise<GatewayCredential | undefined>;
  readonly activity: (what: HostActivity) => string;
  readonly logger: Logger;
}

/**
 * The road to a saved Gateway.
 * @param board where it shows that it waits for an approval; without one the climb only climbs and sets nothing up
 * @throws ConnectError when the target, which a person may have edited by hand, cannot be read
 */
export function openRoad(profile: GatewayProfile, ports: RoadPorts, board?: ApprovalBoard): Road {
  const { target, name } = profile;
  const { credentials, identity, client, logger } = ports;
  const { transport, host } = openTransport(target, { ...ports, prefersSidecar: () => ports.sidecarHosts.has(target) });
  const sidecar = { file: ports.sidecarFile, version: client.version };
  const onboarding =
    host &&
    new SshOnboarding({
      road: host,
      isPortFixed: target.kind === "ssh" && target.gatewayPort !== undefined,
      questions: ports.questions,
      sidecar,
      onSidecar: () => ports.sidecarHosts.add(target),
      logger,
    });
  const help: ClimbHelp | undefined = board && { board, host: onboarding, activity: ports.activity };
  const sources = {
    local: () => localCredential(target, ports),
    ask: (signal: AbortSignal, why?: ConnectError) => ports.ask(name, signal, why),
  };
  return {
    host,
    get path() {
      return transport.path;
    },
    probe: transport.probe?.bind(transport),
    dispose: () => transport.dispose(),
    climb: (context) => climb({ target, transport, credentials, sources, identity, client, help }, context),
  };
}
