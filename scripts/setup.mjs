import { fileURLToPath } from "node:url";
import { SetupError } from "./setup/command.mjs";
import { ensureCodeServer } from "./setup/code-server.mjs";
import { ensureSystemPackages } from "./setup/debian-packages.mjs";
import { ensureNpmDependencies } from "./setup/npm-dependencies.mjs";

// A set-up that cannot go on says what to do, without the stack of a program that nobody here wants to debug.
process.on("uncaughtException", (error) => {
  process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exit(1);
});

/** The folder of the project. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** Everything that the build needs. */
export async function setUpBuild() {
  process.chdir(root);
  await ensureNpmDependencies(root);
}

/** A VS Code in the browser for a person: no test parts. Returns its folder. */
export async function setUpVsCode() {
  return ensureCodeServer();
}

/** Everything that the tests with real parts need: a browser, sshd, VS Code. Returns the folder of VS Code. */
export async function setUpTests() {
  await ensureSystemPackages(["browser", "fonts", "sshServer", "sshClient", "tools", "shells", "faults"]);
  return ensureCodeServer();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await setUpBuild();
  await setUpTests();
  process.stdout.write("set-up: everything is there\n");
}
