import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecord } from "./is-record.ts";
import { runInForeground, type Stage, type Tally } from "./stage.ts";

/** A program of ours that takes `--report FILE` and writes `{ tests: { name, ms, error? }[] }` into it. */
export function reportStage(name: string, script: string): Stage {
  return {
    name,
    async run() {
      const folder = await mkdtemp(join(tmpdir(), "openclaw-report-"));
      const file = join(folder, "report.json");
      try {
        const quiet = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON";
        const code = await runInForeground(process.execPath, [quiet, script, "--report", file]);
        return tallyOf(JSON.parse(await readFile(file, "utf8")), code);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

function tallyOf(report: unknown, code: number | null): Tally {
  const tests = isRecord(report) && Array.isArray(report["tests"]) ? report["tests"].filter(isRecord) : [];
  const failed = tests.filter(({ error }) => error !== undefined).length;
  return { passed: tests.length - failed, failed: failed === 0 && code !== 0 ? 1 : failed, skipped: 0 };
}
