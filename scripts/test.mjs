import { continueOnProjectNode } from "./setup/project-node.mjs";
import { root, setUpBuild, setUpTests } from "./setup.mjs";

/** `npm test`: sets up what is missing, then runs every check. */
await setUpBuild();
await continueOnProjectNode(root, "scripts/test/all.ts", { env: { OPENCLAW_CODE_SERVER: await setUpTests() } });
