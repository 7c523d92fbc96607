import { reportStage } from "./report-stage.ts";
import { commandStage, runStages } from "./stage.ts";
import { vitestStage } from "./vitest-stage.ts";

/** Every check of the project except those against the real OpenClaw (see peer.ts). */
process.exitCode = await runStages([
  commandStage("format", ["oxfmt", "--check", "."]),
  commandStage("lint", ["oxlint", "--type-aware", "--deny-warnings", "."]),
  commandStage("types", ["tsc", "-p", "tsconfig.json"], ["tsc", "-p", "protocol"], ["tsc", "-p", "webview"]),
  commandStage("dead code", ["knip"]),
  commandStage("build and package", [process.execPath, "scripts/build.mjs"], [process.execPath, "scripts/package.mjs"]),
  vitestStage("unit and webview", ["unit", "webview"]),
  vitestStage("integration", ["integration"]),
  vitestStage("contract, against the sidecar", ["contract"]),
  vitestStage("the contract can fail", ["mutation"]),
  reportStage("faults", "test/fault/run.ts", "--short"),
  reportStage("inside a real VS Code", "test/vscode/run-suite.ts"),
  reportStage("a person in a real VS Code", "test/vscode/run-person.ts"),
  reportStage("npm start", "test/vscode/run-start.ts"),
]);
