import { recordPayloads, sayHello } from "../client.ts";
import type { Group } from "../row.ts";
import { median } from "../sample.ts";
import { residentMb } from "../servers/figures.ts";
import { type BenchServer, startBare, startPeer, startSidecar } from "../servers/start.ts";

const ROUNDS = 10;
/** A start of the real one takes ten seconds and a gigabyte. */
const PEER_ROUNDS = 2;

interface Start {
  /** Milliseconds from before the spawn to hello-ok. */
  readonly coldMs: number;
  readonly rssMb: number;
}

/** How long a Gateway needs until a client is in, and what it then holds in memory. */
export const start: Group = {
  name: "start",
  async measure() {
    const sample = await startSidecar();
    const payloads = await recordPayloads(sample);
    await sample.stop();
    const ours: Start[] = [];
    const limit: Start[] = [];
    const peer: Start[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await measureStart(() => startSidecar()));
      limit.push(await measureStart(() => startBare(payloads)));
      if (round % (ROUNDS / PEER_ROUNDS) !== 0) continue;
      const start = await measureStart(() => startPeer());
      if (Number.isFinite(start.coldMs)) peer.push(start);
    }
    const row = (what: string, unit: "ms" | "MB", pick: (start: Start) => number) => ({
      what,
      unit,
      ours: median(ours.map(pick)),
      peer: peer.length === 0 ? undefined : { name: "OpenClaw", value: median(peer.map(pick)) },
      limit: { name: "bare ws", value: median(limit.map(pick)) },
      runs: `ours ${ours.length}, limit ${limit.length}, peer ${peer.length}`,
    });
    return [
      { ...row("cold start → hello-ok", "ms", ({ coldMs }) => coldMs), bars: [{ against: "peer", most: 0.02 }] },
      { ...row("memory when ready", "MB", ({ rssMb }) => rssMb), bars: [{ against: "peer", most: 0.1 }] },
    ];
  },
};

async function measureStart(startServer: () => Promise<BenchServer | undefined>): Promise<Start> {
  const began = performance.now();
  const server = await startServer();
  if (server === undefined) return { coldMs: Number.NaN, rssMb: Number.NaN };
  const client = await sayHello(server);
  const coldMs = performance.now() - began;
  const rssMb = await residentMb(server.pid);
  await client.close();
  await server.stop();
  return { coldMs, rssMb };
}
