import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** Calls back with each line that a child writes on standard output or standard error. */
export function followLines(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on("line", onLine);
  }
}
