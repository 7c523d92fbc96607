import { outcomeOf, writeReport, type TestOutcome } from "../../support/vscode/report.ts";
import "./commands.test.ts";
import { suiteTests } from "./registry.ts";

/** VS Code calls this in the extension host; the outcomes go to the file that the runner named. */
export async function run(): Promise<void> {
  const report = process.env["OPENCLAW_TEST_REPORT"];
  if (report === undefined) throw new Error("OPENCLAW_TEST_REPORT is not set");
  const outcomes: TestOutcome[] = [];
  for (const { name, body } of suiteTests()) outcomes.push(await outcomeOf(name, body));
  await writeReport(report, outcomes);
}
