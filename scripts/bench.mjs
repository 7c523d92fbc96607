import { run } from "./setup/command.mjs";
import { continueOnProjectNode } from "./setup/project-node.mjs";
import { root, setUpBuild, setUpTests } from "./setup.mjs";

/** `npm run bench [-- GROUP…]`: builds, then measures the named groups, or all of them and the panel. */
await setUpBuild();
await setUpTests();
await run(process.execPath, ["scripts/build.mjs"], { cwd: root, remedy: "Mend the code." });
await continueOnProjectNode(root, "bench/run.ts");
const gateway = process.exitCode;
if (process.argv.length === 2) {
  await continueOnProjectNode(root, "bench/webview.ts");
  process.exitCode ||= gateway;
}
