import { commandStage, runStages } from "./stage.ts";
import { reportStage } from "./report-stage.ts";
import { vitestStage } from "./vitest-stage.ts";

/** The contract suite and our connection code against the real OpenClaw, and the real CLI against our sidecar. */
process.exitCode = await runStages([
  commandStage("build and package", [process.execPath, "scripts/build.mjs"], [process.execPath, "scripts/package.mjs"]),
  vitestStage("peer", ["peer"]),
  reportStage("a person and the real OpenClaw", "test/vscode/run-person.ts", "--play", "real-openclaw"),
]);
