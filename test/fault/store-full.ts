import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RawGatewayClient } from "../support/raw-gateway-client.ts";
import { runSidecar, startSidecar, stubConfig } from "../support/sidecar.ts";
import { startStubModel } from "../support/stub-model.ts";
import { type Figure, type Scenario, atMost, count } from "./figure.ts";
import { pause } from "./roads.ts";
import { Ledger, openCli } from "./store-ledger.ts";

const run = promisify(execFile);
const ROOM_BYTES = 64 * 1024;
const ROUNDS = { short: 2, full: 12 };
/** More than fit into the room that is left. */
const SENDS = 60;
const ANSWER_MS = 15_000;

/** A disk that fills up under load, is emptied, and fills up again; and one that is too small from the start. */
export const storeFull: Scenario = {
  name: "disk full",
  async run(size) {
    await using owned = new AsyncDisposableStack();
    const disk = await mountDisk("8m");
    if (disk === undefined) return [];
    owned.defer(() => disk.unmount());
    const tiny = await mountDisk("64k");
    if (tiny !== undefined) owned.defer(() => tiny.unmount());
    const model = await startStubModel();
    owned.defer(() => model.close());
    const options = { stateDir: join(disk.path, "state"), config: stubConfig(model.baseUrl) };
    let sidecar = await startSidecar(options);
    owned.defer(() => sidecar.stop());

    const ledger = new Ledger();
    const filler = join(disk.path, "filler");
    let deaf = 0;
    let stuck = 0;
    for (let round = 0; round < ROUNDS[size]; round++) {
      const client = await openCli(sidecar);
      await fill(disk.path, filler);
      for (let count = 0; count < SENDS; count++) await ledger.send(client);
      // Whoever only looks is served, and so is somebody who comes now.
      if (!(await client.request("health")).ok) deaf += 1;
      const other = await openCli(sidecar).catch(() => undefined);
      if (other === undefined) deaf += 1;
      await other?.close();
      await unlink(filler);
      await ledger.sendAgain(client);
      if (!(await isAllAnswered(client))) stuck += 1;
      await client.close();
      if (round % 2 === 0) await sidecar.kill("SIGKILL");
      else await sidecar.stop();
      sidecar = await startSidecar(options);
    }
    return [
      ...(await ledger.judge(sidecar, options.stateDir)),
      atMost("not taken although there was room again", ledger.open.size, 0),
      { what: "refusals", value: String(ledger.refusals), bar: "≥ 1", met: ledger.refusals > 0 },
      count("rounds after which an answer never came to its end", stuck, 0),
      count("looks and visits that were not served", deaf, 0),
      ...(tiny === undefined ? [] : [await startOnTiny(join(tiny.path, "state"))]),
    ];
  },
};

/** A start on 64 KiB cannot work, and must say so in one sentence instead of hanging or crashing. */
async function startOnTiny(stateDir: string): Promise<Figure> {
  const { code, stderr } = await runSidecar(["run", "--port", "0", "--quiet", "--state-dir", stateDir]);
  const lines = stderr.trimEnd().split("\n");
  const isSaid = code === 1 && lines.length === 1 && /space/.test(stderr);
  return { what: "a start on 64 KiB", value: isSaid ? "refused in one sentence" : stderr, bar: "refused", met: isSaid };
}

/** Whether all answers come to their end once there is room for them. */
async function isAllAnswered(client: RawGatewayClient): Promise<boolean> {
  for (const deadline = performance.now() + ANSWER_MS; performance.now() < deadline; await pause(100)) {
    if ((await client.call<{ activeRuns: number }>("status")).activeRuns === 0) return true;
  }
  return false;
}

/** Leaves 64 KiB free. */
async function fill(path: string, filler: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - ROOM_BYTES)));
}

/** A file system of its own; undefined, with the reason on stderr, where this user may not mount one. */
async function mountDisk(size: string): Promise<{ readonly path: string; unmount(): Promise<void> } | undefined> {
  const path = await mkdtemp(join(tmpdir(), "openclaw-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "none", path]);
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    process.stderr.write(`disk full: left out, no tmpfs can be mounted here: ${String(error)}\n`);
    return undefined;
  }
  return {
    path,
    async unmount() {
      await run("umount", ["-l", path]);
      await rm(path, { recursive: true, force: true });
    },
  };
}
