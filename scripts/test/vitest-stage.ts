import { isRecord, withReportFile } from "./report-file.ts";
import { failureLine, runInForeground, type Stage } from "./stage.ts";

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
        failures: failures(report),
      };
    },
  };
}

/** A file that did not load has no failed test of its own. */
function unloadedFiles(report: Readonly<Record<string, unknown>>): number {
  return records(report["testResults"]).filter(
    (file) =>
      file["status"] === "failed" && !records(file["assertionResults"]).some((test) => test["status"] === "failed"),
  ).length;
}

function failures(report: Readonly<Record<string, unknown>>): readonly string[] {
  return records(report["testResults"]).flatMap((file) => {
    const tests = records(file["assertionResults"]).filter(({ status }) => status === "failed");
    if (tests.length === 0 && file["status"] === "failed") return [failureLine(String(file["name"]), file["message"])];
    return tests.map((test) => failureLine(String(test["fullName"]), [test["failureMessages"]].flat()[0]));
  });
}

function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function count(value: unknown): number {
  if (typeof value !== "number") throw new Error("vitest's report lacks a count");
  return value;
}
