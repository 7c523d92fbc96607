import { spawn } from "node:child_process";
import { join } from "node:path";

const QUIET = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON";

/**
 * Goes on in the project's own Node (it runs TypeScript as it is) and ends with that program's exit code.
 * @param {string} root
 * @param {string} script relative to `root`
 * @param {{ args?: readonly string[], env?: Record<string, string> }} [options]
 */
export async function continueOnProjectNode(root, script, { args = process.argv.slice(2), env = {} } = {}) {
  const child = spawn(join(root, "node_modules", ".bin", "node"), [QUIET, join(root, script), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: "inherit",
  });
  // A terminal sends Ctrl-C to both; the program ends by itself and this one waits for it.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  process.exitCode = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}
