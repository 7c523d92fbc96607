import { continueOnProjectNode } from "./setup/project-node.mjs";
import { root, setUpBuild } from "./setup.mjs";
import { ensureSystemPackages } from "./setup/debian-packages.mjs";

/** `npm run fault`: breaks the way to a Gateway in every way we know. `-- --short` takes less than three minutes. */
await setUpBuild();
await ensureSystemPackages(["sshServer", "sshClient", "tools", "faults"]);
await continueOnProjectNode(root, "test/fault/run.ts");
