import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const SSHD = "/usr/sbin/sshd";

export type KeyType = "ed25519" | "ecdsa" | "rsa";

export interface SshdOptions {
  /** Lines for sshd_config, put before our own, so that they win. */
  readonly config?: readonly string[];
  /** Default: one ed25519 host key. */
  readonly hostKeys?: readonly KeyType[];
  /** Host key files to use instead of new ones (a second server with the same key). */
  readonly hostKeyFiles?: readonly string[];
  /** Extra public keys that may sign in, beside `keyFile`. */
  readonly authorizedKeys?: readonly string[];
  /** Take this port again after a stop. */
  readonly port?: number;
}

/** A private sshd on 127.0.0.1. The account is the one that runs the tests. */
export interface Sshd {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly user: string;
  /** Of the first host key, `SHA256:…`. */
  readonly hostKeyFingerprint: string;
  readonly hostKeyFiles: readonly string[];
  /** Public half of the first host key: `type base64`. */
  readonly hostPublicKey: string;
  /** A private key that may sign in. */
  readonly keyFile: string;
  /** Names this server with its true key. */
  readonly knownHostsFile: string;
  /** `HOME/.ssh/config` for this server (host name `lab`), its key and known hosts; `home` is for `SshEnvironment`. */
  readonly home: string;
  readonly configFile: string;
  /** A directory that goes with the server, for whatever a test needs. */
  readonly directory: string;
  /** What sshd has logged so far. */
  log(): string;
  /** Processes that serve connections now; two for each signed-in one, unless it is root's. */
  countSessions(): Promise<number>;
  /** Ends every connection at once, as a dying network or a restarting host would. Resolves with how many there were. */
  killSessions(): Promise<number>;
  /** Freezes every connection (SIGSTOP), as a half-open link would. */
  freezeSessions(): Promise<number>;
  /** Freezes and thaws the whole server: connections are still taken by the system, and nobody answers on them. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  stop(): Promise<void>;
}

/** Why no private sshd can run here, with the remedy; undefined when it can. */
function sshdMissing(): string | undefined {
  return existsSync(SSHD) ? undefined : `${SSHD} is missing: apt-get install -y openssh-server openssh-client`;
}

/** Starts a private sshd on a free port and waits until it speaks. */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const missing = sshdMissing();
  if (missing !== undefined) throw new Error(missing);
  const directory = await mkdtemp(join(tmpdir(), "openclaw-sshd-"));
  // sshd insists on a path that only root can write to, so that the temporary directory must not be open.
  await chmod(directory, 0o700);
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });

  const hostKeyFiles = await hostKeysIn(directory, options);
  const hostPublicKey = publicPart(await readFile(`${hostKeyFiles[0]}.pub`, "utf8"));
  const home = join(directory, "home");
  await mkdir(join(home, ".ssh"), { recursive: true, mode: 0o700 });
  const remoteHome = join(directory, "remote-home");
  await mkdir(remoteHome, { mode: 0o700 });
  const keyFile = await makeKey(join(home, ".ssh", "id_ed25519"));
  const authorizedKeysFile = join(directory, "authorized_keys");
  const authorized = [await readFile(`${keyFile}.pub`, "utf8"), ...(options.authorizedKeys ?? [])];
  await writeFile(authorizedKeysFile, `${authorized.map((line) => line.trim()).join("\n")}\n`, { mode: 0o600 });

  const port = options.port ?? (await freePort());
  const sshdConfig = join(directory, "sshd_config");
  await writeFile(
    sshdConfig,
    [
      ...(options.config ?? []),
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      ...hostKeyFiles.map((file) => `HostKey ${file}`),
      `AuthorizedKeysFile ${authorizedKeysFile}`,
      `PidFile ${join(directory, "sshd.pid")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin yes",
      "PrintMotd no",
      // The shell of a command reads no profile of whoever runs the tests: a killed one may leave a lock behind there.
      `SetEnv HOME=${remoteHome}`,
      "LogLevel VERBOSE",
      "",
    ].join("\n"),
  );
  const knownHostsFile = join(home, ".ssh", "known_hosts");
  await writeFile(knownHostsFile, `[127.0.0.1]:${port} ${hostPublicKey}\n`, { mode: 0o600 });
  const configFile = join(home, ".ssh", "config");
  const user = userInfo().username;
  await writeFile(
    configFile,
    `Host lab\n  HostName 127.0.0.1\n  Port ${port}\n  User ${user}\n  IdentityAgent none\n  GlobalKnownHostsFile none\n`,
    { mode: 0o600 },
  );

  const child = spawn(SSHD, ["-D", "-e", "-f", sshdConfig], { stdio: ["ignore", "ignore", "pipe"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
  // A test run that breaks off must not leave a server behind.
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  await listening(child, () => log);

  const signalSessions = async (signal: NodeJS.Signals): Promise<number> => {
    const pids = await descendants(child.pid);
    for (const pid of pids) signalIfAlive(pid, signal);
    return pids.length;
  };
  return {
    host: "127.0.0.1",
    port,
    user,
    hostKeyFingerprint: await fingerprint(`${hostKeyFiles[0]}.pub`),
    hostKeyFiles,
    hostPublicKey,
    keyFile,
    knownHostsFile,
    home,
    configFile,
    directory,
    log: () => log,
    countSessions: async () => (await descendants(child.pid)).length,
    killSessions: () => signalSessions("SIGKILL"),
    freezeSessions: () => signalSessions("SIGSTOP"),
    async freeze() {
      child.kill("SIGSTOP");
      await signalSessions("SIGSTOP");
    },
    async thaw() {
      await signalSessions("SIGCONT");
      child.kill("SIGCONT");
    },
    async stop() {
      const pids = await descendants(child.pid);
      child.kill("SIGKILL");
      for (const pid of pids) signalIfAlive(pid, "SIGKILL");
      await exited;
      process.off("exit", endWithUs);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Makes a key pair with ssh-keygen and returns the path of the private half. */
export async function makeKey(
  path: string,
  options: { type?: KeyType; passphrase?: string; format?: "PEM" } = {},
): Promise<string> {
  const type = options.type ?? "ed25519";
  const bits = type === "rsa" ? ["-b", "2048"] : [];
  const format = options.format === undefined ? [] : ["-m", options.format];
  await run("ssh-keygen", [
    "-q",
    "-t",
    type,
    ...bits,
    ...format,
    "-N",
    options.passphrase ?? "",
    "-C",
    "test",
    "-f",
    path,
  ]);
  return path;
}

/** `SHA256:…` of a public key file, as ssh-keygen says it. */
export async function fingerprint(publicKeyFile: string): Promise<string> {
  const { stdout } = await run("ssh-keygen", ["-l", "-f", publicKeyFile]);
  return stdout.split(" ")[1] ?? "";
}

/** `type base64` of a public key line. */
export function publicPart(line: string): string {
  return line.trim().split(/\s+/).slice(0, 2).join(" ");
}

async function hostKeysIn(directory: string, options: SshdOptions): Promise<readonly string[]> {
  if (options.hostKeyFiles !== undefined) {
    return Promise.all(
      options.hostKeyFiles.map(async (file, index) => {
        const copy = join(directory, `host_key_${index}`);
        await copyFile(file, copy);
        await copyFile(`${file}.pub`, `${copy}.pub`);
        await chmod(copy, 0o600);
        return copy;
      }),
    );
  }
  return Promise.all(
    (options.hostKeys ?? ["ed25519"]).map((type) => makeKey(join(directory, `host_${type}`), { type })),
  );
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function listening(child: ChildProcess, log: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail("sshd did not start in 10 s"), 10_000);
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`${why}\n${log()}`));
    };
    const onExit = (code: number | null): void => fail(`sshd ended with ${code}`);
    child.once("error", (error) => fail(error.message));
    child.once("exit", onExit);
    child.stderr?.on("data", () => {
      if (!log().includes("Server listening on")) return;
      clearTimeout(timer);
      child.off("exit", onExit);
      resolve();
    });
  });
}

/** Processes below one pid, from /proc: each connection of sshd is a child, and a child of that after the sign-in. */
async function descendants(root: number | undefined): Promise<number[]> {
  const { stdout } = await run("ps", ["-e", "-o", "pid=,ppid="]);
  const children = new Map<number, number[]>();
  for (const line of stdout.trim().split("\n")) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid !== undefined && parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return root === undefined ? [] : below(root);
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
