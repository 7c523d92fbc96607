import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type TestOutcome, hasFailed, writeReport } from "../support/vscode/report.ts";
import { firstConnection } from "./person/first-connection.ts";
import { type Desk, type Step, perform } from "./person/perform.ts";
import { realOpenClaw } from "./person/real-openclaw.ts";
import { startRealOpenClawStage } from "./person/real-openclaw-stage.ts";
import { setUpHosts } from "./person/set-up-hosts.ts";
import { startSetUpStage } from "./person/set-up-stage.ts";
import { startStage } from "./person/stage.ts";

/**
 * What a person does on the first days, in a real VS Code with the packaged extension: connect over SSH, ask, read the
 * answer; set hosts up. `--play NAME` plays one, also `real-openclaw`; `--report FILE` writes the outcomes; `--update-docs` makes
 * docs/screenshot.png anew.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: {
    report: { type: "string" },
    play: { type: "string" },
    "update-docs": { type: "boolean", default: false },
  },
});

interface Stage {
  log(): string;
  stop(): Promise<void>;
}

async function play<S extends Stage>(
  start: (root: string) => Promise<S>,
  steps: (desk: Desk & { readonly stage: S }) => readonly Step[],
): Promise<readonly TestOutcome[]> {
  const stage = await start(root);
  try {
    return await perform({ root, steps: (desk) => steps({ ...desk, stage }), log: () => stage.log() });
  } finally {
    await stage.stop();
  }
}

const PLAYS: Readonly<Record<string, () => Promise<readonly TestOutcome[]>>> = {
  "first-connection": () => play(startStage, firstConnection),
  "set-up-hosts": () => play(startSetUpStage, setUpHosts),
  "real-openclaw": () => play(startRealOpenClawStage, realOpenClaw),
};
/** The real one is large: it is played where it is asked for. */
const ORDINARY = ["first-connection", "set-up-hosts"];

const outcomes: TestOutcome[] = [];
for (const [name, run] of Object.entries(PLAYS)) {
  if (values.play === undefined ? !ORDINARY.includes(name) : values.play !== name) continue;
  process.stdout.write(`${name}\n`);
  outcomes.push(...(await run()));
}
if (values.report !== undefined) await writeReport(values.report, outcomes);
if (hasFailed(outcomes) || outcomes.length === 0) {
  process.exitCode = 1;
} else {
  if (values["update-docs"]) {
    await mkdir(join(root, "docs"), { recursive: true });
    await copyFile(join(root, "artifacts", "chat-dark.png"), join(root, "docs", "screenshot.png"));
  }
  process.stdout.write("Connected, chatted and healthy: see artifacts/\n");
}
