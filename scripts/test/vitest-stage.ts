import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecord } from "./is-record.ts";
import { runInForeground, type Stage, type Tally } from "./stage.ts";

/** The vitest projects (see vitest.config.mjs) of one kind, counted from vitest's own JSON report. */
export function vitestStage(name: string, projects: readonly string[]): Stage {
  return {
    name,
    async run() {
      const folder = await mkdtemp(join(tmpdir(), "openclaw-vitest-"));
      const file = join(folder, "report.json");
      try {
        const code = await runInForeground("vitest", [
          "run",
          ...projects.flatMap((project) => ["--project", project]),
          "--passWithNoTests",
          "--reporter=default",
          "--reporter=json",
          `--outputFile.json=${file}`,
        ]);
        return tallyOf(JSON.parse(await readFile(file, "utf8")), code);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** A file that did not load has no tests of its own, and an error outside any test has no test: each is a failure. */
function tallyOf(report: unknown, code: number | null): Tally {
  if (!isRecord(report)) throw new Error("vitest wrote no report");
  const files = Array.isArray(report["testResults"]) ? report["testResults"].filter(isRecord) : [];
  const unloaded = files.filter(
    ({ status, assertionResults }) =>
      status === "failed" && Array.isArray(assertionResults) && !assertionResults.some(isFailed),
  ).length;
  const failed = count(report["numFailedTests"]) + unloaded;
  return {
    passed: count(report["numPassedTests"]),
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: count(report["numPendingTests"]) + count(report["numTodoTests"]),
  };
}

function isFailed(result: unknown): boolean {
  return isRecord(result) && result["status"] === "failed";
}

function count(value: unknown): number {
  if (typeof value !== "number") throw new Error("vitest's report lacks a count");
  return value;
}
