import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdirSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LogFile, logFiles } from "../../../sidecar/service/log-file.ts";
import { followLog, tailLog } from "../../../sidecar/service/log-reader.ts";

const WRITER = fileURLToPath(new URL("../../support/log-writer.ts", import.meta.url));

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "openclaw-log-"));
  path = join(dir, "logs", "sidecar.log");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const SMALL = { maxBytes: 100, files: 3 };
const line = (index: number): string => `line ${String(index).padStart(6, "0")}`;

describe("the log file", () => {
  it("and its directory are for their owner only", () => {
    const log = new LogFile(path);
    log.write("hello");
    log.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, "logs")).mode & 0o777).toBe(0o700);
    expect(readFileSync(path, "utf8")).toBe("hello\n");
  });

  it("is closed to others when it was open to them before", () => {
    mkdirSync(join(dir, "logs"));
    writeFileSync(path, "old\n", { mode: 0o644 });
    new LogFile(path).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toBe("old\n");
  });

  it("takes never more than its files of its size", () => {
    const log = new LogFile(path, SMALL);
    for (let index = 0; index < 200; index++) log.write(line(index));
    log.close();
    const files = logFiles(path, SMALL.files);
    expect(files.map((file) => file.slice(dir.length + 1))).toEqual([
      "logs/sidecar.log.2",
      "logs/sidecar.log.1",
      "logs/sidecar.log",
    ]);
    for (const file of files) expect(statSync(file).size).toBeLessThanOrEqual(SMALL.maxBytes);
    const kept = files.flatMap((file) => readFileSync(file, "utf8").trim().split("\n"));
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => line(200 - kept.length + index)));
  });

  it("goes on under its name when somebody takes the file away", () => {
    const log = new LogFile(path);
    log.write("one");
    renameSync(path, `${path}.taken`);
    log.write("two");
    rmSync(join(dir, "logs"), { recursive: true });
    log.write("three");
    log.close();
    expect(readFileSync(path, "utf8")).toBe("three\n");
  });

  it("never writes through a link that somebody put in its place", () => {
    const victim = join(dir, "victim");
    writeFileSync(victim, "");
    mkdirSync(join(dir, "logs"));
    symlinkSync(victim, path);
    expect(() => new LogFile(path)).toThrow(/ELOOP/);
    expect(readFileSync(victim, "utf8")).toBe("");
  });
});

describe("reading the log", () => {
  it("gives the last lines, also from files that were full", () => {
    const log = new LogFile(path, SMALL);
    for (let index = 0; index < 20; index++) log.write(line(index));
    log.close();
    expect(tailLog(path, 12, SMALL.files)).toEqual(Array.from({ length: 12 }, (_, index) => line(8 + index)));
    expect(tailLog(path, 0)).toEqual([]);
    expect(tailLog(join(dir, "none.log"), 5)).toEqual([]);
  });

  it("follows through every rotation without losing or doubling a line", { timeout: 30_000 }, async () => {
    const total = 10_000;
    // So many files that a reader who has to wait for the processor still finds the oldest.
    const files = 300;
    // A process of its own, so that it writes and rotates between any two steps of the reader.
    const limits = ["500", String(files), String(total)];
    const flags = ["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--disable-warning=ExperimentalWarning"];
    const writer = spawn(process.execPath, [...flags, WRITER, path, ...limits], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    const written = once(writer, "exit");
    const stop = new AbortController();
    void written.then(() => setTimeout(() => stop.abort(), 500));
    const seen: string[] = [];
    for await (const each of followLog(path, total, { signal: stop.signal, pollMs: 1, files })) {
      seen.push(each);
      if (each === line(total - 1)) stop.abort();
    }
    await written;
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => line(index)));
  });

  it("waits for a log that is not there yet, and for the end of a line", async () => {
    const stop = new AbortController();
    const lines = followLog(path, 10, { signal: stop.signal, pollMs: 1 });
    const first = lines.next();
    mkdirSync(join(dir, "logs"));
    writeFileSync(path, "half ");
    await new Promise((resolve) => setTimeout(resolve, 20));
    appendFileSync(path, "whole\n");
    expect(await first).toEqual({ done: false, value: "half whole" });
    stop.abort();
    expect(await lines.next()).toEqual({ done: true, value: undefined });
  });
});
