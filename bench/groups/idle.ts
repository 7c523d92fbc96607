import { openCrowd, recordPayloads } from "../client.ts";
import type { Group } from "../row.ts";
import { median } from "../sample.ts";
import { residentMb } from "../servers/figures.ts";
import { type BenchServer, startBare, startPeer, startSidecar } from "../servers/start.ts";

/** So many that what the heap keeps in reserve, which is the same for a few as for many, hardly counts. */
const CLIENTS = 5_000;
const MOST_MB = 512;
const SERVERS = 2;
/** V8 gives back what only the handshakes needed once nothing has happened for eight seconds (its memory reducer). Milliseconds. */
const SETTLE_MS = 12_000;

interface Memory {
  readonly totalMb: number;
  readonly eachKb: number;
}

/** What clients cost that are connected and say nothing. */
export const idle: Group = {
  name: "idle",
  async measure() {
    const sample = await startSidecar();
    const payloads = await recordPayloads(sample);
    await sample.stop();
    const ours: Memory[] = [];
    const limit: Memory[] = [];
    for (let server = 0; server < SERVERS; server++) {
      // Memory is no matter of speed: they may wait side by side.
      const both = [startSidecar(), startBare(payloads)].map(async (starting) => memoryFor(await starting));
      const [sidecar, bare] = await Promise.all(both);
      if (sidecar !== undefined) ours.push(sidecar);
      if (bare !== undefined) limit.push(bare);
    }
    const peer = await startPeer();
    const peerKb = peer && (await memoryFor(peer)).eachKb;
    return [
      {
        what: `memory for an idle connection, ${CLIENTS.toLocaleString("en-US")} clients`,
        unit: "KB",
        ours: median(ours.map(({ eachKb }) => eachKb)),
        peer: peerKb === undefined ? undefined : { name: "OpenClaw", value: peerKb },
        limit: { name: "bare ws", value: median(limit.map(({ eachKb }) => eachKb)) },
        bars: [
          {
            against: "limit",
            most: 1.3,
            because:
              "who each client is and what it may is 2 KB of heap; the rest is what V8 keeps after so many hellos",
          },
        ],
        runs: `ours ${SERVERS}, limit ${SERVERS}, peer ${peer === undefined ? 0 : 1}`,
      },
      {
        what: `memory with ${CLIENTS.toLocaleString("en-US")} idle clients`,
        unit: "MB",
        ours: median(ours.map(({ totalMb }) => totalMb)),
        limit: { name: "allowed", value: MOST_MB },
        bars: [{ against: "limit", most: 1 }],
        runs: `ours ${SERVERS}`,
      },
    ];
  },
};

/** Fills a server with clients, and stops it. */
async function memoryFor(server: BenchServer): Promise<Memory> {
  // The first ones bring in code that the others find there.
  const first = await openCrowd(server, 50);
  await settle();
  const before = await residentMb(server.pid);
  const crowd = await openCrowd(server, CLIENTS);
  await settle();
  const after = await residentMb(server.pid);
  for (const client of [...first, ...crowd]) client.close();
  await server.stop();
  return { totalMb: after, eachKb: ((after - before) * 1024) / CLIENTS };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
