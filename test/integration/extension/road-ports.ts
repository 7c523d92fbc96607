import { CredentialStore } from "../../../extension/connection/credential-store.ts";
import { secretDeviceKey } from "../../../extension/connection/device-key.ts";
import type { RoadPorts } from "../../../extension/connection/open-road.ts";
import { ProofStore } from "../../../extension/connection/roads/proof-store.ts";
import { SidecarHosts } from "../../../extension/connection/sidecar-hosts.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import { loadDeviceIdentity } from "../../../remote/identity/device-identity.ts";
import type { Sshd } from "../../support/sshd.ts";
import { memory, secrets } from "../../unit/extension/fakes.ts";
import { environmentOf, prompts } from "../remote/lab.ts";

const unexpected = (what: string) => () => Promise.reject(new Error(`an unexpected question: ${what}`));

/** What a window gives its roads; every question that a test does not answer fails it. */
export function testRoadPorts(
  sshd: Pick<Sshd, "home" | "configFile" | "user">,
  { storage = secrets(), ...more }: Partial<RoadPorts> & { readonly storage?: ReturnType<typeof secrets> } = {},
): RoadPorts {
  return {
    sshPrompts: prompts(),
    sshEnvironment: environmentOf(sshd),
    proxy: { rules: () => ({ url: undefined, noProxy: [], strictTls: true }) },
    edgeHeaders: () => undefined,
    sidecarHosts: new SidecarHosts(memory()),
    sidecarStateDir: "/nonexistent",
    remoteWindow: { host: unexpected("window"), forward: unexpected("forward") },
    configEnvironment: { env: {}, home: "/nonexistent" },
    probe: unexpected("probe"),
    startSidecar: unexpected("start here"),
    credentials: new CredentialStore(storage, () => undefined),
    proofs: new ProofStore(memory()),
    identity: () => loadDeviceIdentity(secretDeviceKey(storage)),
    client: { id: "gateway-client", mode: "ui", version: "1.0.0", platform: process.platform },
    thisComputer: "this computer",
    questions: {
      chooseGateway: unexpected("which Gateway"),
      startGateway: unexpected("start"),
      readCredential: unexpected("read"),
      approveDevice: unexpected("approve"),
      uninstallSidecar: unexpected("uninstall"),
      tellHow: () => undefined,
    },
    sidecarFile: "/nonexistent",
    ask: async () => undefined,
    goTo: () => {
      throw new Error("an unexpected move to another Gateway");
    },
    activity: (what) => what,
    logger: silentLogger,
    ...more,
  };
}
