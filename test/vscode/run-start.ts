import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type OwnedProcess, ownedProcess } from "../../scripts/process/owned-process.ts";
import { hasFailed, writeReport } from "../support/vscode/report.ts";
import { perform } from "./person/perform.ts";
import { thisComputer } from "./person/this-computer.ts";

/** `npm start` as a person uses it, without the set-up before it. Needs `npm run package`. `--report FILE` as ever. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { values } = parseArgs({ options: { report: { type: "string" } } });

const home = await mkdtemp(join(tmpdir(), "openclaw-home-"));
const lines: string[] = [];
let program: OwnedProcess | undefined;
function start(): OwnedProcess {
  const args = [...process.execArgv, join(root, "scripts", "start", "main.ts")];
  const env = { ...process.env, HOME: home, OPENCLAW_SIDECAR_STATE_DIR: undefined };
  program = ownedProcess(spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"], detached: true }));
  return program;
}
try {
  const outcomes = await perform({
    root,
    steps: (desk) => thisComputer({ ...desk, start, lines }),
    log: () => lines.join("\n"),
  });
  if (values.report !== undefined) await writeReport(values.report, outcomes);
  if (hasFailed(outcomes)) process.exitCode = 1;
} finally {
  await program?.stop();
  await rm(home, { recursive: true, force: true });
}
