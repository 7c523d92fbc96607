import { isRecord, withReportFile } from "./report-file.ts";
import { failureLine, runInForeground, type Stage } from "./stage.ts";

/** A program of ours that takes `--report FILE` and writes `{ tests: { name, ms, error? }[] }` into it. */
export function reportStage(name: string, script: string, ...args: readonly string[]): Stage {
  return {
    name,
    async run() {
      const quiet = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON";
      const { report, code } = await withReportFile((file) =>
        runInForeground(process.execPath, [quiet, script, ...args, "--report", file]),
      );
      const tests = Array.isArray(report["tests"]) ? report["tests"].filter(isRecord) : [];
      const failures = tests
        .filter(({ error }) => error !== undefined)
        .map((test) => failureLine(String(test["name"]), test["error"]));
      const failed = failures.length;
      return {
        passed: tests.length - failed,
        failed: failed === 0 && code !== 0 ? 1 : failed,
        skipped: 0,
        failures,
      };
    },
  };
}
