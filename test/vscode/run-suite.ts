import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { downloadAndUnzipVSCode, runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { describeOutcome, hasFailed, readReport } from "../support/vscode/report.ts";

/**
 * Runs test/vscode/suite in the extension host of a real VS Code: the one that npm brings, or a downloaded desktop one
 * with OPENCLAW_TEST_VSCODE=desktop. Writes the outcomes to `--report FILE`.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { report: { type: "string" } } });

await mkdir(join(root, ".vscode-test"), { recursive: true });
const work = await mkdtemp(join(root, ".vscode-test", "suite-"));
const report = values.report ?? join(work, "report.json");
try {
  const suite = join(work, "suite.cjs");
  await build({
    entryPoints: [fileURLToPath(new URL("suite/index.ts", import.meta.url))],
    outfile: suite,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    external: ["vscode"],
    sourcemap: "inline",
    logLevel: "warning",
  });
  await runTests({
    vscodeExecutablePath:
      process.env["OPENCLAW_TEST_VSCODE"] === "desktop"
        ? await downloadAndUnzipVSCode()
        : fileURLToPath(new URL("../support/vscode/launcher.ts", import.meta.url)),
    extensionDevelopmentPath: root,
    extensionTestsPath: suite,
    extensionTestsEnv: { OPENCLAW_TEST_REPORT: report },
  });
  const outcomes = await readReport(report);
  for (const outcome of outcomes) process.stdout.write(`${describeOutcome(outcome)}\n`);
  if (hasFailed(outcomes)) process.exitCode = 1;
} finally {
  await rm(work, { recursive: true, force: true });
}
