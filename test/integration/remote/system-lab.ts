import { readFile, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { SshClientChoice, SystemSsh } from "../../../remote/ssh/system/system-ssh.ts";
import { SystemSshMemory } from "../../../remote/ssh/system/system-ssh.ts";
import type { Sshd } from "../../support/sshd.ts";
import { environmentOf } from "./lab.ts";

const run = promisify(execFile);

/** The home of a test server, for a real `ssh`: a config that it reads, and what it needs of the environment. */
export async function systemLab(
  sshd: Sshd,
  options: { choice?: SshClientChoice; config?: string; knownHosts?: string; key?: string } = {},
) {
  const config = join(sshd.directory, `system-${Math.random()}`);
  const lines = [
    options.config ?? "",
    await readFile(sshd.configFile, "utf8"),
    `  IdentityFile ${options.key ?? sshd.keyFile}`,
    `  UserKnownHostsFile ${options.knownHosts ?? sshd.knownHostsFile}`,
    "",
  ];
  await writeFile(config, lines.join("\n"), { mode: 0o600 });
  const system: SystemSsh = {
    choice: () => options.choice ?? "system",
    askpassFile: join(import.meta.dirname, "../../../dist/askpass.js"),
    configFile: config,
    memory: new SystemSshMemory(),
  };
  const environment = environmentOf(sshd, {
    env: { PATH: process.env["PATH"] },
    configFiles: [{ path: config, includeFrom: sshd.directory }],
  });
  return { system, environment, config };
}

/** What is left of sessions: private directories, and processes of ssh and of askpass that know this server's files. */
export async function leftovers(sshd: Sshd): Promise<readonly string[]> {
  const { stdout } = await run("ps", ["-eww", "-o", "pid=,args="]);
  const processes = stdout.split("\n").filter((line) => line.includes(`${sshd.directory}/system-`));
  const directories: string[] = [];
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith("openclaw-ssh-")) continue;
    const log = await readFile(join(tmpdir(), name, "log"), "utf8").catch(() => "");
    if (log.includes(sshd.directory)) directories.push(name);
  }
  return [...processes, ...directories];
}
