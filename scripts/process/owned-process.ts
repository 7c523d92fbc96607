import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";

/** A child that was started `detached`, so that it leads a group and ends together with what it started. */
export interface OwnedProcess {
  readonly child: ChildProcess;
  /** Resolves with the exit code (null after a signal) when the child has ended. Never rejects. */
  readonly exit: Promise<number | null>;
  /** Asks the whole group to end, and after five seconds makes it. Resolves when the child is gone. */
  stop(): Promise<void>;
}

/** Takes over the end of a child process that leads its own group. */
export function ownedProcess(child: ChildProcess): OwnedProcess {
  const exit = new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(null));
    child.on("exit", (code) => resolve(code));
  });
  return {
    child,
    exit,
    async stop() {
      signalGroup(child, "SIGTERM");
      const patience = new AbortController();
      const timeout = delay(5_000, undefined, { signal: patience.signal }).catch(() => undefined);
      await Promise.race([exit, timeout]);
      patience.abort();
      signalGroup(child, "SIGKILL");
      await exit;
    },
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already, or this system has none: then the child alone is asked.
    child.kill(signal);
  }
}
