import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSshd } from "../../support/sshd.ts";

/** What the person calls the host, in `~/.ssh/config`. */
export const HOST = "home-server";

/** A private sshd, the home folder behind it, and the home folder of a person who may sign in and was never there. */
export interface Host {
  readonly hostKeyFingerprint: string;
  /** HOME of the person: an SSH config and a key, no known hosts. */
  readonly personHome: string;
  /** A folder of the person to open. */
  readonly workspace: string;
  killSessions(): Promise<number>;
  log(): string;
  stop(): Promise<void>;
}

/** A host on which a Gateway listens on `gatewayPort`, as the `openclaw.json` there says. */
export async function startHost(gatewayPort: number): Promise<Host> {
  const directory = await mkdtemp(join(tmpdir(), "openclaw-person-"));
  const hostHome = join(directory, "host");
  const personHome = join(directory, "person");
  await mkdir(join(hostHome, ".openclaw"), { recursive: true });
  await writeFile(join(hostHome, ".openclaw", "openclaw.json"), `{ gateway: { port: ${gatewayPort} } }\n`);
  const sshd = await startSshd({ config: [`SetEnv HOME=${hostHome}`] });
  await mkdir(join(personHome, ".ssh"), { recursive: true, mode: 0o700 });
  const workspace = join(personHome, "project");
  await mkdir(workspace);
  await writeFile(join(workspace, "README.md"), "# A project\n");
  const config = [
    `Host ${HOST}`,
    "HostName 127.0.0.1",
    `Port ${sshd.port}`,
    `User ${sshd.user}`,
    `IdentityFile ${sshd.keyFile}`,
  ];
  await writeFile(join(personHome, ".ssh", "config"), `${config.join("\n  ")}\n`, { mode: 0o600 });
  return {
    hostKeyFingerprint: sshd.hostKeyFingerprint,
    personHome,
    workspace,
    killSessions: () => sshd.killSessions(),
    log: () => sshd.log(),
    async stop() {
      await sshd.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
