import { startCodeServer } from "../vscode/code-server.ts";
import type { Started, VsCodeOptions } from "./started.ts";
import { vsixPath } from "./vsix.ts";

/** The real VS Code as a page on loopback, behind a password of this run. */
export async function startBrowser({ root, settings, env }: VsCodeOptions): Promise<Started> {
  const home = process.env["OPENCLAW_CODE_SERVER"];
  if (home === undefined) throw new Error("OPENCLAW_CODE_SERVER is not set: start with npm start");
  const server = await startCodeServer({ home, workspace: root, settings, env, vsix: [await vsixPath(root)] });
  return {
    name: "VS Code",
    lines: [`VS Code   ${server.url}  (password: ${server.password})`],
    exit: server.exit,
    stop: () => server.stop(),
  };
}
