import { CountingClient, recordPayloads } from "../client.ts";
import type { Group } from "../row.ts";
import { interleave, median } from "../sample.ts";
import { type BenchServer, startBare, startPeer, startSidecar } from "../servers/start.ts";

const CONNECTIONS = 10;
const ROUNDS = 5;
const ROUND_MS = 1_000;
const WARM_UP_MS = 500;

/** `health` requests a second over ten connections, each with one request on its way. */
export const healthRate: Group = {
  name: "health-rate",
  async measure() {
    const sidecar = await startSidecar();
    const bare = await startBare(await recordPayloads(sidecar));
    const peer = await startPeer();
    const servers = { ours: sidecar, limit: bare, ...(peer === undefined ? {} : { peer }) };
    const loads = await Promise.all(Object.values(servers).map((server) => Load.open(server)));
    const sides = Object.fromEntries(
      Object.keys(servers).map((side, index) => [
        side,
        () => loads[index]?.rate(ROUND_MS) ?? Promise.resolve(Number.NaN),
      ]),
    );
    for (const load of loads) await load.rate(WARM_UP_MS);
    const values = await interleave(ROUNDS, sides);
    for (const load of loads) load.close();
    await Promise.all(Object.values(servers).map((server) => server.stop()));
    return [
      {
        what: `health requests, ${CONNECTIONS} connections`,
        unit: "/s",
        ours: median(values["ours"] ?? []),
        peer: values["peer"] === undefined ? undefined : { name: "OpenClaw", value: median(values["peer"]) },
        limit: { name: "bare ws", value: median(values["limit"] ?? []) },
        bars: [
          { against: "peer", least: 25 },
          { against: "limit", least: 0.7 },
        ],
        runs: `${ROUNDS} × ${ROUND_MS} ms a side`,
      },
    ];
  },
};

/** Ten connections to one server that ask as fast as they are answered. */
class Load {
  readonly #clients: readonly CountingClient[];

  private constructor(clients: readonly CountingClient[]) {
    this.#clients = clients;
  }

  static async open(server: BenchServer): Promise<Load> {
    const clients = Array.from({ length: CONNECTIONS }, () => CountingClient.open(server));
    return new Load(await Promise.all(clients));
  }

  /** Answers a second. */
  async rate(ms: number): Promise<number> {
    const frame = JSON.stringify({ type: "req", id: "h", method: "health", params: {} });
    const began = performance.now();
    let count = 0;
    await Promise.all(
      this.#clients.map(async (client) => {
        while (performance.now() - began < ms) {
          await client.ask(frame);
          count++;
        }
      }),
    );
    return (count / (performance.now() - began)) * 1000;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }
}
