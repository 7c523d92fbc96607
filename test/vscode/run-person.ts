import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launchBrowser } from "../support/vscode/browser.ts";
import { describeOutcome, outcomeOf, writeReport, type TestOutcome } from "../support/vscode/report.ts";
import { firstConnection } from "./person/first-connection.ts";
import { startStage } from "./person/stage.ts";

/**
 * What a person does on the first day, in a real VS Code with the packaged extension: connect over SSH, ask, read the
 * answer. Leaves screenshots in artifacts/. Ends at the first thing that fails, and names it.
 * `--report FILE` writes the outcomes; `--update-docs` makes docs/screenshot.png anew.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: { report: { type: "string" }, "update-docs": { type: "boolean", default: false } },
});

const artifacts = join(root, "artifacts");
await mkdir(artifacts, { recursive: true });
const outcomes: TestOutcome[] = [];
const stage = await startStage(root);
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, deviceScaleFactor: 2 });
  const picture = async (name: string): Promise<void> => {
    await page.screenshot({ path: join(artifacts, `${name}.png`), animations: "disabled" });
  };
  for (const { name, body } of firstConnection({ page, stage, picture })) {
    const outcome = await outcomeOf(name, body);
    outcomes.push(outcome);
    process.stdout.write(`${describeOutcome(outcome)}\n`);
    if (outcome.error === undefined) continue;
    await picture("failure").catch(() => undefined);
    process.stdout.write(`${stage.log()}\n`);
    break;
  }
} finally {
  await browser.close();
  await stage.stop();
}
if (values.report !== undefined) await writeReport(values.report, outcomes);
const failed = outcomes.find(({ error }) => error !== undefined);
if (failed !== undefined) {
  process.stdout.write(`Failed: ${failed.name} (see artifacts/failure.png)\n`);
  process.exitCode = 1;
} else {
  if (values["update-docs"]) await copyFile(join(artifacts, "chat-dark.png"), join(root, "docs", "screenshot.png"));
  process.stdout.write("Connected, chatted and healthy: see artifacts/\n");
}
