import { commandStage, runStages } from "./stage.ts";
import { vitestStage } from "./vitest-stage.ts";

/** The contract suite and our connection code against the real OpenClaw, and the real CLI against our sidecar. */
process.exitCode = await runStages([
  commandStage("build", [process.execPath, "scripts/build.mjs"]),
  vitestStage("peer", ["peer"]),
]);
