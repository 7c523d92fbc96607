import { spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { NODE, SIDECAR, ensureSidecar } from "../../support/sidecar.ts";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person's terminal: the documentation's commands mean here what they say there. */
export interface Shell {
  /** Runs the lines of a block, which stops at the first that fails. */
  run(script: string, env?: Readonly<Record<string, string>>): Promise<Outcome>;
  /** Starts a block that goes on by itself. */
  start(script: string): { readonly firstLine: Promise<string>; interrupt(): Promise<number | null> };
}

/** @param sshConfig what OpenSSH reads instead of the tester's own file */
export async function openShell(options: {
  readonly home: string;
  readonly sshConfig?: string;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<Shell> {
  await ensureSidecar();
  const bin = join(options.home, "bin");
  await mkdir(bin, { recursive: true });
  const command = async (name: string, line: string): Promise<void> => {
    await writeFile(join(bin, name), `#!/bin/sh\nexec ${line} "$@"\n`);
    await chmod(join(bin, name), 0o755);
  };
  await command("openclaw-sidecar", `'${NODE}' '${SIDECAR}'`);
  if (options.sshConfig !== undefined) await command("ssh", `/usr/bin/ssh -F '${options.sshConfig}'`);
  const launch = (script: string, more: Readonly<Record<string, string>> = {}) => {
    const path = more["PATH"] ?? process.env["PATH"] ?? "";
    const env = { HOME: options.home, USER: userInfo().username, ...options.env, ...more, PATH: `${bin}:${path}` };
    return spawn("sh", ["-ec", script], { cwd: options.home, env, stdio: ["ignore", "pipe", "pipe"] });
  };
  return {
    run: (script, env) =>
      new Promise((resolve, reject) => {
        const child = launch(script, env);
        let stdout = "";
        let stderr = "";
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
        child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
        child.once("error", reject);
        child.once("close", (code) => resolve({ code, stdout, stderr }));
      }),
    start(script) {
      // One command: `exec` makes the shell become it, so that Ctrl-C reaches it.
      const child = launch(`exec ${script}`);
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      const firstLine = new Promise<string>((resolve, reject) => {
        let text = "";
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
          if (text.includes("\n")) resolve(text.split("\n")[0] ?? "");
        });
        void ended.then((code) => reject(new Error(`It ended with ${code} before it said anything`)));
      });
      firstLine.catch(() => undefined);
      return {
        firstLine,
        interrupt() {
          child.kill("SIGINT");
          return ended;
        },
      };
    },
  };
}
