import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { hasFailed, writeReport } from "../support/vscode/report.ts";
import { firstConnection } from "./person/first-connection.ts";
import { perform } from "./person/perform.ts";
import { startStage } from "./person/stage.ts";

/**
 * What a person does on the first day, in a real VS Code with the packaged extension: connect over SSH, ask, read the
 * answer. `--report FILE` writes the outcomes; `--update-docs` makes docs/screenshot.png anew.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({
  options: { report: { type: "string" }, "update-docs": { type: "boolean", default: false } },
});

const stage = await startStage(root);
try {
  const outcomes = await perform({
    root,
    steps: (desk) => firstConnection({ ...desk, stage }),
    log: () => stage.log(),
  });
  if (values.report !== undefined) await writeReport(values.report, outcomes);
  if (hasFailed(outcomes)) {
    process.exitCode = 1;
  } else {
    if (values["update-docs"]) {
      await mkdir(join(root, "docs"), { recursive: true });
      await copyFile(join(root, "artifacts", "chat-dark.png"), join(root, "docs", "screenshot.png"));
    }
    process.stdout.write("Connected, chatted and healthy: see artifacts/\n");
  }
} finally {
  await stage.stop();
}
