import { openCrowd, recordPayloads } from "../client.ts";
import type { Group } from "../row.ts";
import { interleave, median } from "../sample.ts";
import { residentMb } from "../servers/figures.ts";
import { startBare, startPeer, startSidecar } from "../servers/start.ts";

type Server = NonNullable<Awaited<ReturnType<typeof startPeer>>> | Awaited<ReturnType<typeof startSidecar>>;

const CLIENTS = 1_000;
const MANY = 5_000;
const MOST_MB = 512;
const ROUNDS = 3;
/** What was needed for the handshakes only is given back by then, milliseconds. */
const SETTLE_MS = 2_000;

/** What clients cost that are connected and say nothing. */
export const idle: Group = {
  name: "idle",
  async measure() {
    const sample = await startSidecar();
    const payloads = await recordPayloads(sample);
    await sample.stop();
    const values = await interleave(ROUNDS, {
      ours: async () => (await memoryFor(await startSidecar(), CLIENTS)).eachKb,
      limit: async () => (await memoryFor(await startBare(payloads), CLIENTS)).eachKb,
    });
    const peer = await startPeer();
    const peerKb = peer && (await memoryFor(peer, CLIENTS)).eachKb;
    const many = await memoryFor(await startSidecar(), MANY / 2);
    return [
      {
        what: `memory for an idle connection, ${CLIENTS.toLocaleString("en-US")} clients`,
        unit: "KB",
        ours: median(values.ours),
        peer: peerKb === undefined ? undefined : { name: "OpenClaw", value: peerKb },
        limit: { name: "bare ws", value: median(values.limit) },
        bars: [{ against: "limit", most: 1.3 }],
        runs: `ours ${ROUNDS}, limit ${ROUNDS}, peer ${peer === undefined ? 0 : 1}`,
      },
      {
        what: `memory with ${MANY.toLocaleString("en-US")} idle clients`,
        unit: "MB",
        ours: many.totalMb,
        limit: { name: "allowed", value: MOST_MB },
        bars: [{ against: "limit", most: 1 }],
        runs: "ours 1",
      },
    ];
  },
};

/** Fills a server with clients, and stops it. */
async function memoryFor(server: Server, clients: number): Promise<{ totalMb: number; eachKb: number }> {
  // The first ones bring in code, and make the heap grow to where it has room for what comes and goes.
  const first = await openCrowd(server, clients);
  await settle();
  const before = await residentMb(server.pid);
  const crowd = await openCrowd(server, clients);
  await settle();
  const after = await residentMb(server.pid);
  for (const client of [...first, ...crowd]) client.close();
  await server.stop();
  return { totalMb: after, eachKb: ((after - before) * 1024) / clients };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
