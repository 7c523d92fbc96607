import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Host, endSidecar } from "./host.ts";

/** The home folder of a person: an SSH config that names some hosts, and no known hosts. */
export interface PersonHome {
  /** HOME. */
  readonly path: string;
  /** A folder of theirs to open. */
  readonly workspace: string;
  stop(): Promise<void>;
}

export async function makePersonHome(hosts: readonly Pick<Host, "sshConfig">[]): Promise<PersonHome> {
  const path = await mkdtemp(join(tmpdir(), "openclaw-person-"));
  await mkdir(join(path, ".ssh"), { mode: 0o700 });
  await writeFile(join(path, ".ssh", "config"), hosts.map(({ sshConfig }) => sshConfig).join("\n"), { mode: 0o600 });
  const workspace = join(path, "project");
  await mkdir(workspace);
  await writeFile(join(workspace, "README.md"), "# A project\n");
  return {
    path,
    workspace,
    async stop() {
      await endSidecar(path);
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
