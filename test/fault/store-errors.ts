import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningSidecar, startSidecar, stubConfig } from "../support/sidecar.ts";
import { startStubModel } from "../support/stub-model.ts";
import { type Scenario, count } from "./figure.ts";
import { between } from "./roads.ts";
import { Ledger, openCli } from "./store-ledger.ts";

const ROUNDS = { short: 6, full: 60 };
const SENDS = 15;
/** All by which SQLite writes, and each error that a disk gives. How it syncs is chosen when it is built: one of two calls. */
const CALLS = ["pwrite64", "fdatasync,fsync", "ftruncate,fallocate", "pwrite64,fdatasync,fsync", "pwrite64,fsync"];
const ERRORS = ["EIO", "ENOSPC"];

/** A disk that fails at random write points, once or again and again; the Gateway is killed right after. */
export const storeErrors: Scenario = {
  name: "disk errors",
  async run(size) {
    const why = await whyNoStrace();
    if (why !== undefined) {
      process.stderr.write(`disk errors: left out, ${why}\n`);
      return [];
    }
    await using owned = new AsyncDisposableStack();
    const model = await startStubModel();
    owned.defer(() => model.close());
    const stateDir = await mkdtemp(join(tmpdir(), "openclaw-errors-"));
    owned.defer(() => rm(stateDir, { recursive: true, force: true }));
    const options = { stateDir, config: stubConfig(model.baseUrl) };
    let sidecar: RunningSidecar = await startSidecar(options);
    owned.defer(() => sidecar.stop());

    const ledger = new Ledger();
    let injected = 0;
    let crashed = 0;
    let unsynced = 0;
    for (let round = 0; round < ROUNDS[size]; round++) {
      const client = await openCli(sidecar);
      const before = ledger.refusals;
      const strace = await inject(sidecar.pid, faultOf(round));
      // One after the other: each is acknowledged before the next, so each has its own commit.
      for (let sent = 0; sent < SENDS; sent++) await ledger.send(client);
      injected += await strace.end();
      if (!client.isOpen) crashed += 1;
      if (isSync(round)) unsynced += ledger.refusals - before;
      await sidecar.kill("SIGKILL");
      sidecar = await startSidecar(options);
      const again = await openCli(sidecar);
      await ledger.sendAgain(again);
      await Promise.all([client.close(), again.close()]);
    }
    return [
      ...(await ledger.judge(sidecar, stateDir)),
      count("not taken by a disk that is well again", ledger.open.size, 0),
      count("rounds in which the Gateway ended", crashed, 0),
      { what: "errors injected", value: String(injected), bar: `≥ ${ROUNDS[size]}`, met: injected >= ROUNDS[size] },
      { what: "refusals for a sync that failed", value: String(unsynced), bar: "≥ 1", met: unsynced > 0 },
      { what: "refusals", value: String(ledger.refusals), bar: "≥ 1", met: ledger.refusals > 0 },
    ];
  },
};

/** Whether a round fails only the calls that bring data to the disk, which is what an acknowledgement promises. */
const isSync = (round: number): boolean => /^(?:f(?:data)?sync,?)+$/.test(CALLS[round % CALLS.length] ?? "");

/** Every kind of call and error in turn, at a random place, and every other time from there on without end. */
function faultOf(round: number): string {
  const calls = CALLS[round % CALLS.length] ?? "pwrite64";
  const error = ERRORS[Math.floor(round / CALLS.length) % ERRORS.length] ?? "EIO";
  // Each question needs at least one sync: a place among the first of them is reached in every round.
  const first = Math.floor(between(1, isSync(round) ? SENDS - 4 : 25));
  return `inject=${calls}:error=${error}:when=${first}${round % 2 === 0 ? "" : "+"}`;
}

/** Has the kernel fail system calls of a process until `end`, which resolves with how many were failed. */
async function inject(pid: number, fault: string): Promise<{ end(): Promise<number> }> {
  const child = spawn("strace", ["-f", "-p", String(pid), "-e", `trace=${fault.slice(7).split(":")[0]}`, "-e", fault], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
  await until(() => said.includes("attached") || child.exitCode !== null);
  return {
    async end() {
      child.kill("SIGINT");
      await ended(child);
      return said.match(/\(INJECTED\)/g)?.length ?? 0;
    },
  };
}

/** Why system calls cannot be failed here, undefined when they can. */
async function whyNoStrace(): Promise<string | undefined> {
  const child = spawn("strace", ["-e", "trace=none", "true"], { stdio: "ignore" });
  return new Promise((resolve) => {
    child.once("error", () => resolve("there is no strace: apt-get install -y strace"));
    child.once("exit", (code) => resolve(code === 0 ? undefined : "strace may not trace here"));
  });
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", () => resolve());
  });

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
