import { delimiter, join } from "node:path";
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { run } from "./setup/command.mjs";
import { continueOnProjectNode } from "./setup/project-node.mjs";
import { root, setUpBuild, setUpTests, setUpVsCode } from "./setup.mjs";

const USAGE = `npm start                                starts a Gateway on this computer and VS Code with the extension
npm start -- --ssh user@host[:port]      starts VS Code with the extension, for a Gateway on that host
npm start -- --check [--update-docs]     connects like a person, chats, takes screenshots, and says whether it worked`;

const options = readOptions();
await setUpBuild();
for (const script of ["build", "package"]) {
  process.stdout.write(
    await run(process.execPath, [join(root, "scripts", `${script}.mjs`)], { cwd: root, remedy: "Mend the code." }),
  );
}
if (options.check) {
  const env = { OPENCLAW_CODE_SERVER: await setUpTests() };
  const args = ["--play", "first-connection", ...(options["update-docs"] ? ["--update-docs"] : [])];
  await continueOnProjectNode(root, "test/vscode/run-person.ts", { args, env });
} else {
  const desktop = onPath("code");
  const env =
    desktop === undefined ? { OPENCLAW_CODE_SERVER: await setUpVsCode() } : { OPENCLAW_DESKTOP_CODE: desktop };
  const args = options.ssh === undefined ? [] : ["--ssh", options.ssh];
  await continueOnProjectNode(root, "scripts/start/main.ts", { args, env });
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        ssh: { type: "string" },
        check: { type: "boolean", default: false },
        "update-docs": { type: "boolean", default: false },
      },
    });
    if (values.check && values.ssh !== undefined) throw new Error("--check brings its own host: leave --ssh out");
    if (values["update-docs"] && !values.check) throw new Error("--update-docs goes with --check");
    return values;
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${USAGE}\n`);
    return process.exit(2);
  }
}

function onPath(command) {
  if (process.env.DISPLAY === undefined && process.env.WAYLAND_DISPLAY === undefined && process.platform === "linux")
    return undefined;
  const names = process.platform === "win32" ? [`${command}.cmd`] : [command];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of names) if (existsSync(join(folder, name))) return join(folder, name);
  }
  return undefined;
}
