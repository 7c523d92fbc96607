import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownedProcess } from "../process/owned-process.ts";
import type { Started, VsCodeOptions } from "./started.ts";
import { vsixPath } from "./vsix.ts";

/** The desktop VS Code of this computer, beside the person's own one: own settings, only this extension. */
export async function startDesktop({ root, settings, env }: VsCodeOptions): Promise<Started> {
  const code = process.env["OPENCLAW_DESKTOP_CODE"];
  if (code === undefined) throw new Error("OPENCLAW_DESKTOP_CODE is not set: start with npm start");
  const data = await mkdtemp(join(tmpdir(), "openclaw-vscode-"));
  const user = join(data, "user");
  await mkdir(join(user, "User"), { recursive: true });
  await writeFile(join(user, "User", "settings.json"), JSON.stringify(settings, undefined, 2));
  const start = (...args: readonly string[]) =>
    ownedProcess(
      spawn(code, ["--user-data-dir", user, "--extensions-dir", join(data, "extensions"), ...args], {
        env: { ...process.env, ...env },
        stdio: "ignore",
        detached: true,
        shell: process.platform === "win32",
      }),
    );
  const installed = await start("--install-extension", await vsixPath(root)).exit;
  if (installed !== 0) throw new Error(`${code} could not install the extension (exit ${installed})`);
  const window = start("--new-window", "--wait", root);
  return {
    name: "VS Code",
    lines: ["VS Code   has opened a new window"],
    exit: window.exit,
    async stop() {
      await endApplication(user);
      await window.stop();
      await rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}

/** `code` only asks the application to start; the application writes its own process id beside its settings. */
async function endApplication(userData: string): Promise<void> {
  const pid = Number(await readFile(join(userData, "code.lock"), "utf8").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 1) return;
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It is gone already.
  }
}
