import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchBrowser } from "../../support/vscode/browser.ts";
import { describeOutcome, outcomeOf, type TestOutcome } from "../../support/vscode/report.ts";

/** One thing that a person does, and what must come of it. Each step stands on the one before. */
export interface Step {
  /** A sentence that is true when the step has passed. */
  readonly name: string;
  readonly body: () => Promise<void>;
}

/** What the steps work with. */
export interface Desk {
  readonly page: Page;
  /** Takes a screenshot into artifacts/NAME.png. */
  readonly picture: (name: string) => Promise<void>;
}

/**
 * Performs the steps in a browser and stops at the first that fails, with a screenshot and what the parts have said.
 * Resolves with how each performed step ended.
 */
export async function perform(play: {
  readonly root: string;
  readonly steps: (desk: Desk) => readonly Step[];
  readonly log: () => string;
}): Promise<readonly TestOutcome[]> {
  const artifacts = join(play.root, "artifacts");
  await mkdir(artifacts, { recursive: true });
  const outcomes: TestOutcome[] = [];
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1120, height: 720 }, deviceScaleFactor: 2 });
    const picture = async (name: string): Promise<void> => {
      await page.screenshot({ path: join(artifacts, `${name}.png`), animations: "disabled" });
    };
    for (const { name, body } of play.steps({ page, picture })) {
      const outcome = await outcomeOf(name, body);
      outcomes.push(outcome);
      process.stdout.write(`${describeOutcome(outcome)}\n`);
      if (outcome.error === undefined) continue;
      await picture("failure").catch(() => undefined);
      process.stdout.write(`${play.log()}\nFailed: ${name} (see artifacts/failure.png)\n`);
      break;
    }
  } finally {
    await browser.close();
  }
  return outcomes;
}
