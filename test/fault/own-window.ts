import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { SshWay } from "./roads.ts";

const PROGRAM = fileURLToPath(new URL("window.ts", import.meta.url));

/** A window in a process of its own; see `window.ts`. */
export class OwnWindow implements Disposable {
  readonly #child: ChildProcess;
  readonly #waiting = new Set<(line: string) => void>();
  #phase = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    // One that sleeps would not notice that we have ended.
    process.once("exit", this.#end);
    if (child.stdout === null) throw new Error("The window has no stdout");
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line !== "used") this.#phase = line;
      for (const hear of this.#waiting) hear(line);
    });
  }

  /** Resolves when it is connected. `prefix` is a command that runs it somewhere else. */
  static async open(way: SshWay, token: string, prefix: readonly string[] = []): Promise<OwnWindow> {
    const own = [process.execPath, "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", PROGRAM];
    const [command, ...args] = [...prefix, ...own];
    const child = spawn(command ?? process.execPath, args, {
      env: { PATH: process.env["PATH"] ?? "", OPENCLAW_FAULT_WAY: JSON.stringify({ way, token }) },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const window = new OwnWindow(child);
    await Promise.race([
      window.#until((line) => line === "connected"),
      new Promise((_resolve, reject) => child.once("exit", (code) => reject(new Error(`The window ended: ${code}`)))),
    ]);
    return window;
  }

  /** Milliseconds until it is connected, or is not, from `since` (of `performance.now`). */
  async msUntil(connected: "connected" | "gone", since: number): Promise<number> {
    const holds = (phase: string): boolean => (phase === "connected") === (connected === "connected");
    if (!holds(this.#phase)) await this.#until((line) => line !== "used" && holds(line));
    return performance.now() - since;
  }

  sleep(): void {
    this.#child.kill("SIGSTOP");
  }

  /** Wakes it up with something to do. Resolves with the milliseconds until that is done. */
  async wake(): Promise<number> {
    const used = this.#until((line) => line === "used");
    this.#child.stdin?.write("use\n");
    const since = performance.now();
    this.#child.kill("SIGCONT");
    await used;
    return performance.now() - since;
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#end);
    this.#end();
  }

  readonly #end = (): void => void this.#child.kill("SIGKILL");

  #until(holds: (line: string) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const hear = (line: string): void => {
        if (!holds(line)) return;
        this.#waiting.delete(hear);
        resolve();
      };
      this.#waiting.add(hear);
    });
  }
}
