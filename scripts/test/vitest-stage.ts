import { isRecord, withReportFile } from "./report-file.ts";
import { runInForeground, type Stage } from "./stage.ts";

/** The vitest projects (see vitest.config.mjs) of one kind, counted from vitest's own JSON report. */
export function vitestStage(name: string, projects: readonly string[]): Stage {
  return {
    name,
    async run() {
      const { report, code } = await withReportFile((file) =>
        runInForeground("vitest", [
          "run",
          ...projects.flatMap((project) => ["--project", project]),
          "--reporter=default",
          "--reporter=json",
          `--outputFile.json=${file}`,
        ]),
      );
      const failed = count(report["numFailedTests"]) + unloadedFiles(report);
      return {
        passed: count(report["numPassedTests"]),
        // An error outside any test fails the run and no test.
        failed: failed === 0 && code !== 0 ? 1 : failed,
        skipped: count(report["numPendingTests"]) + count(report["numTodoTests"]),
      };
    },
  };
}

/** A file that did not load has no failed test of its own. */
function unloadedFiles(report: Readonly<Record<string, unknown>>): number {
  const files = Array.isArray(report["testResults"]) ? report["testResults"].filter(isRecord) : [];
  return files.filter(({ status, assertionResults }) => {
    const tests = Array.isArray(assertionResults) ? assertionResults.filter(isRecord) : [];
    return status === "failed" && !tests.some((test) => test["status"] === "failed");
  }).length;
}

function count(value: unknown): number {
  if (typeof value !== "number") throw new Error("vitest's report lacks a count");
  return value;
}
