import { continueOnProjectNode } from "./setup/project-node.mjs";
import { root, setUpBuild, setUpTests } from "./setup.mjs";

/** `npm run test:peer`: the same behaviour against the real OpenClaw, which the tests install on demand. */
await setUpBuild();
await continueOnProjectNode(root, "scripts/test/peer.ts", { env: { OPENCLAW_CODE_SERVER: await setUpTests() } });
