import { chmod, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { AuthMemory } from "../../../remote/ssh/auth/auth-memory.ts";
import { connectSsh } from "../../../remote/ssh/session/connect-ssh.ts";
import type { SshSession } from "../../../remote/ssh/session/ssh-session.ts";
import { NODE } from "../../support/sidecar.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";
import { environmentOf, newClimb, prompts } from "../remote/lab.ts";

export interface HostOptions {
  /** Lines for sshd_config. */
  readonly config?: readonly string[];
  /** Stands between sshd and every command, as a login shell would: an sh script that runs `$SSH_ORIGINAL_COMMAND`. */
  readonly loginShell?: string;
  /** Whether a Node lies in the home directory, where nvm puts it. */
  readonly node?: "nvm" | "none";
}

/** A private host for one test: an sshd whose commands have a home directory of their own and nothing of the real one. */
export interface Host {
  readonly sshd: Sshd;
  /** The home directory on the host. */
  readonly home: string;
  connect(): Promise<SshSession>;
  /** Every regular file below the home directory, relative, with its text. */
  files(): Promise<ReadonlyMap<string, string>>;
  write(path: string, content: string): Promise<void>;
  stop(): Promise<void>;
}

/** Ends a sidecar that a test has started on the host and not stopped. */
async function endSidecar(home: string): Promise<void> {
  const runtime = await readFile(join(home, ".openclaw-sidecar/runtime.json"), "utf8").catch(() => undefined);
  if (runtime === undefined) return;
  const { pid } = JSON.parse(runtime) as { pid: number };
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Builds the sidecar under a version of its own and returns the file. */
export async function buildSidecar(directory: string, version: string): Promise<string> {
  const outfile = join(directory, `sidecar-${version}.mjs`);
  await build({
    absWorkingDir: resolve(import.meta.dirname, "../../.."),
    entryPoints: ["sidecar/main.ts"],
    outfile,
    bundle: true,
    minify: true,
    platform: "node",
    target: "node22",
    format: "esm",
    external: ["*.node", "cpu-features", "bufferutil", "utf-8-validate"],
    define: { __VERSION__: JSON.stringify(version) },
    banner: { js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);' },
    logLevel: "error",
  });
  return outfile;
}

/** What OpenClaw writes into the lock file of a state directory when it starts, `.openclaw-rescue` of this host. */
export async function writeLock(
  host: Host,
  stateDir: string,
  { port, pid = process.pid }: { readonly port: number; readonly pid?: number },
): Promise<void> {
  const paths = { stateDir: join(host.home, stateDir), configPath: join(host.home, stateDir, "openclaw.json") };
  const text = JSON.stringify({ pid, ownerId: "x", ...paths, port, startTime: 1 }, null, 2);
  await host.write(join(stateDir, "tmp/openclaw-0/gateway.state.lock"), `${text}\n\t \t\n`);
}

/** No process has it: Linux counts to 4194304 at most. */
export const DEAD_PID = 4_194_305;

export const SFTP = "Subsystem sftp /usr/lib/openssh/sftp-server";

/** Starts a host. Its `.bashrc` is empty unless a test writes one; PATH is sshd's own. */
export async function startHost(options: HostOptions = {}): Promise<Host> {
  const home = await mkdtemp(join(tmpdir(), "openclaw-host-"));
  const shell = join(home, "..", `${home.slice(home.lastIndexOf("/") + 1)}.login`);
  await writeFile(shell, `#!/bin/sh\n${options.loginShell ?? 'exec /bin/bash -c "$SSH_ORIGINAL_COMMAND"'}\n`);
  await chmod(shell, 0o700);
  if (options.node !== "none") {
    const bin = join(home, ".nvm/versions/node/v24.21.0/bin");
    await mkdir(bin, { recursive: true });
    await symlink(NODE, join(bin, "node"));
  }
  const sshd = await startSshd({
    config: [...(options.config ?? [SFTP]), `SetEnv HOME=${home}`, `ForceCommand ${shell}`],
  });
  const sessions: SshSession[] = [];
  return {
    sshd,
    home,
    async connect() {
      const session = await connectSsh({
        target: { user: undefined, host: "lab", port: undefined },
        prompts: prompts(),
        memory: new AuthMemory(),
        context: newClimb().context,
        environment: environmentOf(sshd),
      });
      sessions.push(session);
      return session;
    },
    async files() {
      const entries = await readdir(home, { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      const texts = paths.map(async (path) => [path.slice(home.length + 1), await readFile(path, "latin1")] as const);
      return new Map(await Promise.all(texts));
    },
    async write(path, content) {
      await mkdir(join(home, path, ".."), { recursive: true });
      await writeFile(join(home, path), content, { mode: 0o600 });
    },
    async stop() {
      for (const session of sessions) session.dispose();
      await sshd.stop();
      await endSidecar(home);
      await rm(shell, { force: true });
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
