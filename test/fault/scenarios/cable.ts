import { startSidecar } from "../../support/sidecar.ts";
import { startSshd } from "../../support/sshd.ts";
import { type Figure, type Scenario, time } from "../figure.ts";
import { type OwnNetwork, makeNetwork } from "../network.ts";
import { OwnWindow } from "../own-window.ts";
import { pause, sshWay } from "../roads.ts";

const OUTAGE_MS = { short: 6_000, full: 60_000 };

const FAULTS = [
  { what: "unplugged", begin: (net: OwnNetwork) => net.unplug(), heal: (net: OwnNetwork) => net.plug() },
  { what: "packets lost", begin: (net: OwnNetwork) => net.drop(), heal: (net: OwnNetwork) => net.pass() },
];

/** A window in a network of its own whose cable is pulled, or loses all that it should carry. Needs root. */
export const cable: Scenario = {
  name: "cable",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    const networks: OwnNetwork[] = [];
    for (const index of FAULTS.keys()) {
      const network = await makeNetwork(index);
      if (network === undefined) return [];
      owned.defer(() => network.remove());
      networks.push(network);
    }
    const sshd = await startSshd({ config: networks.map(({ host }) => `ListenAddress ${host}`) });
    owned.defer(() => sshd.stop());
    const sidecar = await startSidecar();
    owned.defer(() => sidecar.stop());
    const windows: OwnWindow[] = [];
    for (const { host, inside } of networks) {
      const way = await sshWay(sshd, sidecar.port, { host });
      windows.push(owned.use(await OwnWindow.open(way, sidecar.token, inside)));
    }
    const outages = FAULTS.map(async ({ what, begin, heal }, index): Promise<readonly Figure[]> => {
      const [network, window] = [networks[index], windows[index]];
      if (network === undefined || window === undefined) return [];
      const began = performance.now();
      await begin(network);
      const seen = await window.msUntil("gone", began);
      await pause(OUTAGE_MS[size]);
      await heal(network);
      const back = await window.msUntil("connected", performance.now());
      return [time(`${what}: seen`, seen, 10_000), time(`${what}: healed → back`, back, 2_000)];
    });
    return (await Promise.all(outages)).flat();
  },
};
