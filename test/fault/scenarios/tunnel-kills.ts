import { startSidecar } from "../../support/sidecar.ts";
import { startSshd } from "../../support/sshd.ts";
import { type Scenario, times } from "../figure.ts";
import { between, msUntil, openClient, pause, sshWay } from "../roads.ts";

const WINDOWS = 4;
const ROUNDS = { short: 5, full: 50 };

/** Several windows on one host, whose SSH connections all die at once, again and again. */
export const tunnelKills: Scenario = {
  name: "tunnel killed",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    const sshd = await startSshd();
    owned.defer(() => sshd.stop());
    const sidecar = await startSidecar();
    owned.defer(() => sidecar.stop());
    const way = await sshWay(sshd, sidecar.port);
    const clients = await Promise.all(Array.from({ length: WINDOWS }, () => openClient(way, sidecar)));
    for (const client of clients) owned.defer(() => client.dispose());
    const ready: number[] = [];
    for (let round = 0; round < ROUNDS[size]; round++) {
      await pause(between(2_100, 3_000));
      const killedAt = performance.now();
      await sshd.killSessions();
      const back = clients.map(async (client) => {
        await msUntil(client, "gone", killedAt);
        return msUntil(client, "connected", killedAt);
      });
      ready.push(...(await Promise.all(back)));
    }
    return [times("killed → ready again", ready, 2_000)];
  },
};
