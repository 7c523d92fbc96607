import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE } from "../../support/sidecar.ts";
import { startSshd } from "../../support/sshd.ts";

export interface HostOptions {
  /** What the person calls it, in `~/.ssh/config`. */
  readonly name: string;
  /** Files of the home folder there, as JSON. */
  readonly files: Readonly<Record<string, unknown>>;
  /** Whether Node lies in the home folder, where nvm puts it. */
  readonly hasNode: boolean;
}

/** A private sshd and the home folder behind it. */
export interface Host {
  readonly name: string;
  /** The home folder there. */
  readonly home: string;
  readonly hostKeyFingerprint: string;
  /** Lines of an SSH config that reach it. */
  readonly sshConfig: string;
  write(path: string, value: unknown): Promise<void>;
  killSessions(): Promise<number>;
  log(): string;
  stop(): Promise<void>;
}

/** Starts a host that a person may sign in to, and was never at. */
export async function startHost({ name, files, hasNode }: HostOptions): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), "openclaw-host-"));
  const write = async (path: string, value: unknown): Promise<void> => {
    await mkdir(join(home, path, ".."), { recursive: true });
    await writeFile(join(home, path), JSON.stringify(value), { mode: 0o600 });
  };
  for (const [path, value] of Object.entries(files)) await write(path, value);
  if (hasNode) {
    const bin = join(home, ".nvm/versions/node/v24.21.0/bin");
    await mkdir(bin, { recursive: true });
    await symlink(NODE, join(bin, "node"));
  }
  const sshd = await startSshd({ config: ["Subsystem sftp /usr/lib/openssh/sftp-server", `SetEnv HOME=${home}`] });
  const config = [
    `Host ${name}`,
    "HostName 127.0.0.1",
    `Port ${sshd.port}`,
    `User ${sshd.user}`,
    `IdentityFile ${sshd.keyFile}`,
  ];
  return {
    name,
    home,
    hostKeyFingerprint: sshd.hostKeyFingerprint,
    sshConfig: `${config.join("\n  ")}\n`,
    write,
    killSessions: () => sshd.killSessions(),
    log: () => sshd.log(),
    async stop() {
      await sshd.stop();
      await endSidecar(home);
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** Ends a sidecar that a person has started there and not stopped. */
export async function endSidecar(home: string): Promise<void> {
  const text = await readFile(join(home, ".openclaw-sidecar", "runtime.json"), "utf8").catch(() => undefined);
  if (text === undefined) return;
  const { pid } = JSON.parse(text) as { pid: number };
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
