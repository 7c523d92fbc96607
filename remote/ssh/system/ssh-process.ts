import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { SshEnvironment } from "../config/environment.ts";

/** Which `ssh`, and in which surroundings. It runs in the home directory: nothing of a workspace is found from there. */
export interface SshRunner {
  readonly ssh: string;
  readonly environment: SshEnvironment;
}

/** How long a polite end may take. */
const GOODBYE_MS = 2_000;

/** Where nobody answers, nothing is asked: without it a jump host's ssh would ask on the terminal that we were started from. */
const ASKS_NOBODY = { SSH_ASKPASS: "/bin/false", SSH_ASKPASS_REQUIRE: "force" };

/** Starts ssh with its arguments as they are, without a shell. `stdin` is closed for the connection itself. */
export function startSsh(
  { ssh, environment }: SshRunner,
  args: readonly string[],
  more: { readonly env?: Readonly<Record<string, string>>; readonly stdin: "ignore" | "pipe" },
): ChildProcess {
  const env: NodeJS.ProcessEnv = { ...environment.env, ...ASKS_NOBODY, ...more.env };
  const child = spawn(ssh, args, {
    cwd: environment.home,
    env,
    stdio: [more.stdin, "pipe", "pipe"],
    windowsHide: true,
  });
  // It ends with us, also when nobody has disposed of it.
  const endWithUs = (): void => void child.kill("SIGTERM");
  process.once("exit", endWithUs);
  child.once("close", () => process.off("exit", endWithUs));
  // A program that ends while it is written to says so by its end; one that cannot be started closes as well.
  child.stdin?.on("error", () => undefined);
  child.on("error", () => undefined);
  return child;
}

export const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

export function endSsh(child: ChildProcess): void {
  if (hasEnded(child)) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => void child.kill("SIGKILL"), GOODBYE_MS);
  timer.unref();
  child.once("exit", () => clearTimeout(timer));
}

/** Keeps the end of what a stream says. */
export function listenTo(stream: Readable | null, maxLength = 16_384): () => string {
  let said = "";
  stream?.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-maxLength)));
  return () => said;
}
