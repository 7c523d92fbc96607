import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startSidecar, stubConfig } from "../../support/sidecar.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { type Scenario, count } from "../figure.ts";
import { between, openClient, pause } from "../roads.ts";
import { Writer, judgeTranscript, readTranscript } from "../transcript.ts";

const KILLS = { short: 100, full: 1_000 };
const PER_SECOND = 10;

/** A Gateway that is killed at random moments under load and started again on what it has left behind. */
export const sidecarKills: Scenario = {
  name: "sidecar killed",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    const model = await startStubModel({ delayMs: 1 });
    owned.defer(() => model.close());
    const stateDir = await mkdtemp(join(tmpdir(), "openclaw-fault-"));
    owned.defer(() => rm(stateDir, { recursive: true, force: true }));
    let sidecar = await startSidecar({ stateDir, config: stubConfig(model.baseUrl) });
    owned.defer(() => sidecar.stop());
    const client = await openClient(sidecar.url, sidecar);
    owned.defer(() => client.dispose());
    const writer = new Writer(client);

    const { port } = sidecar;
    let damaged = 0;
    const killed = new AbortController();
    const writing = writer.writeUntil(killed.signal, PER_SECOND);
    for (let kill = 0; kill < KILLS[size]; kill++) {
      const acknowledged = writer.acknowledged.size;
      await client.until(() => writer.acknowledged.size > acknowledged);
      await pause(between(0, 400));
      await sidecar.kill("SIGKILL");
      if (!(await isIntact(stateDir))) damaged++;
      sidecar = await startSidecar({ stateDir, port });
      client.connection.wake();
    }
    killed.abort();
    await writing;
    await writer.settled();
    return [
      count(`stores damaged after ${KILLS[size]} kills`, damaged, 0),
      ...judgeTranscript(writer.written, await readTranscript(sidecar)).map((figure) => ({
        ...figure,
        what: `${figure.what}, of ${writer.written.length}`,
      })),
    ];
  },
};

/** SQLite's own verdict on a copy of what a kill has left, its write-ahead log included. */
async function isIntact(stateDir: string): Promise<boolean> {
  const copy = await mkdtemp(join(tmpdir(), "openclaw-fault-copy-"));
  try {
    const names = ["sidecar.sqlite", "sidecar.sqlite-wal"];
    for (const name of names) await cp(join(stateDir, name), join(copy, name)).catch(() => undefined);
    const db = new DatabaseSync(join(copy, "sidecar.sqlite"));
    const verdict = db.prepare("PRAGMA integrity_check").get();
    db.close();
    return verdict?.["integrity_check"] === "ok";
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
