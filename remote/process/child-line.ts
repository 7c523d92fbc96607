import { type ChildProcess, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { CancelledError } from "../../protocol/errors/connect-error.ts";
import { printable } from "../target/printable.ts";

export interface ChildCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Never a workspace: what lies there must not be found before the system's own programs. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The standard input and output of a program, as one line. */
export interface ChildLine {
  /** Destroying it ends the program, and it closes when the program ends. */
  readonly stream: Duplex;
  /** What the program has said on its standard error so far; the end of it, made printable. */
  said(): string;
}

const MAX_SAID = 4_096;

/**
 * Starts a program with its arguments as they are, without a shell. Rejects with the system's error when it cannot be started.
 * @throws CancelledError
 */
export function startChildLine({ command, args, cwd, env }: ChildCommand, signal: AbortSignal): Promise<ChildLine> {
  if (signal.aborted) return Promise.reject(new CancelledError());
  const child = spawn(command, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"], windowsHide: true });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString("utf8")).slice(-MAX_SAID)));
  // A program that ends while it is written to says so by its end.
  child.stdin.on("error", () => undefined);
  const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
  stream.on("error", () => undefined);
  stream.once("close", () => end(child));
  child.once("close", () => stream.destroy());
  return new Promise((resolve, reject) => {
    child.once("spawn", () => resolve({ stream, said: () => lastWords(said) }));
    child.once("error", (error) => {
      stream.destroy();
      reject(error);
    });
  });
}

function end(child: ChildProcess): void {
  if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
}

/** The last lines, on one. */
function lastWords(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return printable(lines.slice(-3).join("; "), 300);
}
