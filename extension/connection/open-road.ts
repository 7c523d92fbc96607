import type { DeviceIdentity, GatewayCredential } from "../../protocol/client/credentials.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { ClientInfo } from "../../protocol/gateway/identity.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { type SetupHere, openClawSetupHere } from "../../remote/onboarding/openclaw-here.ts";
import type { HostGateway } from "../../remote/onboarding/probe-host.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { HereOnboarding } from "../onboarding/here-onboarding.ts";
import { type HostActivity, type HostOnboarding, type HostRoad, SshOnboarding } from "../onboarding/host-onboarding.ts";
import { readLocalSidecar, readSidecarToken } from "./local-sidecar.ts";
import type { ApprovalBoard } from "../onboarding/await-approval.ts";
import { profileBeside } from "../onboarding/host-gateways.ts";
import type { HostQuestions } from "../onboarding/host-questions.ts";
import { type ClimbHelp, climb } from "./climb.ts";
import type { CredentialStore } from "./credential-store.ts";
import { type GatewayProfile, type GatewayTarget, targetLabel } from "./profile.ts";
import type { ProofStore } from "./roads/proof-store.ts";
import { RoadSet } from "./roads/road-set.ts";
import type { Road, Traveller } from "./roads/road.ts";
import type { SidecarHosts } from "./sidecar-hosts.ts";
import { type OpenedRoad, type TransportPorts, localCredential, openTransport } from "./transports.ts";

export interface RoadPorts extends Omit<TransportPorts, "prefersSidecar"> {
  readonly sidecarHosts: SidecarHosts;
  readonly credentials: CredentialStore;
  readonly proofs: ProofStore;
  readonly identity: () => Promise<DeviceIdentity>;
  readonly client: ClientInfo;
  /** In the person's words. */
  readonly thisComputer: string;
  readonly questions: HostQuestions;
  /** `dist/sidecar.mjs` of this extension. */
  readonly sidecarFile: string;
  /** Has the credential of a Gateway typed; `undefined` when cancelled. */
  readonly ask: (
    name: string,
    signal: AbortSignal,
    why: ConnectError | undefined,
  ) => Promise<GatewayCredential | undefined>;
  /** Leaves the way to one Gateway for that to another, which the person has chosen on the same host. */
  readonly goTo: (profile: GatewayProfile) => void;
  readonly activity: (what: HostActivity) => string;
  readonly logger: Logger;
}

/**
 * The road to a saved Gateway, or all of its roads as one.
 * @param traveller where it shows that it waits for an approval; without one the climb only climbs and sets nothing up
 * @throws ConnectError when the target, which a person may have edited by hand, cannot be read; another way that cannot
 * fails by itself when it is climbed
 */
export function openRoad(profile: GatewayProfile, ports: RoadPorts, traveller?: Traveller): Road {
  const { roads = [], name, target } = profile;
  const open = (way: GatewayTarget) => openWay({ name, target: way }, ports, traveller);
  const main = open(target);
  if (roads.length === 0) return main;
  const { proofs, logger } = ports;
  const others = roads.map((way) => openOrRefuse(way, open));
  return new RoadSet({ main, others, proofs, traveller, logger });
}

/** Each road by itself, that of the target first. They climb with a person and set nothing up. */
export function openRoads({ name, target, roads = [] }: GatewayProfile, ports: RoadPorts): readonly Road[] {
  return [target, ...roads].map((way) => openOrRefuse(way, (readable) => openWay({ name, target: readable }, ports)));
}

/** A target that cannot be read is a road that fails with the reason. */
function openOrRefuse(target: GatewayTarget, open: (target: GatewayTarget) => Road): Road {
  try {
    return open(target);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return { target, path: targetLabel(target), climb: () => Promise.reject(error), dispose: () => undefined };
  }
}

/**
 * One of the roads by itself.
 * @throws ConnectError as `openRoad`
 */
export function openWay(
  { name, target }: Pick<GatewayProfile, "name" | "target">,
  ports: RoadPorts,
  board?: ApprovalBoard,
): Road {
  const { credentials, identity, client } = ports;
  const own = { ...ports, prefersSidecar: () => ports.sidecarHosts.has(target) };
  const { transport, host, here } = openTransport(target, own);
  const onboarding = onboardingOf({ name, target }, { road: host, here }, ports);
  const help: ClimbHelp | undefined = board && { board, host: onboarding, activity: ports.activity };
  const sources = {
    local: () => localCredential(target, own),
    ask: (signal: AbortSignal, why?: ConnectError) => ports.ask(name, signal, why),
  };
  return {
    target,
    host,
    get path() {
      return transport.path;
    },
    probe: transport.probe?.bind(transport),
    dispose: () => transport.dispose(),
    climb: (context, instanceId) => {
      const named = instanceId === undefined ? client : { ...client, instanceId };
      return climb({ target, transport, credentials, sources, identity, client: named, help }, context);
    },
  };
}

/** What can be done on the host of a target, where anything can. */
function onboardingOf(
  { name, target }: Pick<GatewayProfile, "name" | "target">,
  { road, here }: { readonly road: HostRoad | undefined; readonly here: OpenedRoad["here"] },
  ports: RoadPorts,
): HostOnboarding | undefined {
  const { questions, sidecarHosts, sidecarFile, sidecarStateDir, startSidecar, client, goTo, logger } = ports;
  const onSidecar = () => sidecarHosts.add(target);
  if (road !== undefined && target.kind === "ssh") {
    const sidecar = { file: sidecarFile, version: client.version };
    const isPortFixed = target.gatewayPort !== undefined;
    const onOther = (gateway: HostGateway) => goTo(profileBeside({ name, target }, gateway));
    return new SshOnboarding({ road, isPortFixed, questions, sidecar, onSidecar, onOther, logger });
  }
  if (here === undefined) return undefined;
  // Where the port is the person's own, nothing is started; on this computer the way itself starts what is missing.
  const starts = target.kind === "window" && target.gatewayPort === undefined;
  return new HereOnboarding({
    host: target.kind === "local" ? ports.thisComputer : targetLabel(target),
    questions,
    findSetup: () => openClawAt(here.portHere, ports),
    environment: ports.configEnvironment,
    sidecar: starts
      ? {
          file: sidecarFile,
          version: client.version,
          start: startSidecar,
          readToken: () => readSidecarToken(sidecarStateDir),
          onUse: onSidecar,
        }
      : undefined,
    logger,
  });
}

/** The OpenClaw behind a port of this computer; a sidecar there has told its token already, if it may be told. */
async function openClawAt(
  port: number | undefined,
  { configEnvironment, sidecarStateDir }: Pick<RoadPorts, "configEnvironment" | "sidecarStateDir">,
): Promise<SetupHere | undefined> {
  if (port === undefined) return undefined;
  const sidecar = await readLocalSidecar(sidecarStateDir);
  const isSidecar = sidecar !== undefined && parseGatewayUrl(sidecar.url).port === port;
  return isSidecar ? undefined : openClawSetupHere(configEnvironment, port);
}
