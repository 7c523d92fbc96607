import { rmSync } from "node:fs";
import { join } from "node:path";
import { STATE_FILES } from "../config/state-dir.ts";
import { errnoOf } from "../config/startup-error.ts";
import { type RuntimeInfo, parseRuntimeFile } from "../store/runtime-file.ts";
import { findRunning, processOf } from "./running.ts";
import { ServiceError } from "./service-error.ts";
import { waitFor } from "./wait.ts";

const KILL_TIMEOUT_MS = 5_000;

export interface StopWish {
  readonly stateDir: string;
  /** How long it may take to end by itself, milliseconds. */
  readonly timeoutMs: number;
  /** End it at once when that time is over. */
  readonly isForced: boolean;
  /** How it is asked to end; the default is SIGTERM to its process. */
  readonly ask?: (info: RuntimeInfo) => Promise<void>;
}

export type StopResult =
  | { readonly stopped: false; readonly reason: string }
  | {
      readonly stopped: true;
      readonly pid: number;
      readonly url: string;
      /** It did not end by itself and was killed. */
      readonly forced: boolean;
      readonly ms: number;
    };

/**
 * Ends the sidecar of a state directory: asks it, so that it finishes what it is answering, and waits. A process is
 * touched only when it is proved to be the one that wrote the runtime file.
 * @throws ServiceError NOT_OURS, NOT_ALLOWED, STOP_TIMEOUT
 */
export async function stopSidecar(wish: StopWish): Promise<StopResult> {
  const { stateDir, timeoutMs } = wish;
  const running = findRunning(stateDir);
  if (running.kind === "none") return { stopped: false, reason: `No sidecar runs from ${stateDir}.` };
  if (running.kind === "stale") {
    const reason = `No sidecar runs from ${stateDir}: ${running.why} without saying goodbye.`;
    return { stopped: false, reason };
  }
  const { info } = running;
  if (running.kind === "unproved") throw notOurs(info, stateDir);
  const started = performance.now();
  await (wish.ask ?? terminate)(info);
  const isForced = !(await hasEnded(info, timeoutMs));
  if (isForced) {
    if (!wish.isForced) throw stillRunning(info, timeoutMs);
    signal(info, "SIGKILL");
    if (!(await hasEnded(info, KILL_TIMEOUT_MS))) throw stillRunning(info, KILL_TIMEOUT_MS);
    if (parseRuntimeFile(stateDir)?.bootId === info.bootId)
      rmSync(join(stateDir, STATE_FILES.runtime), { force: true });
  }
  return { stopped: true, pid: info.pid, url: info.url, forced: isForced, ms: Math.round(performance.now() - started) };
}

/** Asks the process itself. */
export async function terminate(info: RuntimeInfo): Promise<void> {
  signal(info, "SIGTERM");
}

function signal({ pid }: RuntimeInfo, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (errnoOf(error) === "ESRCH") return;
    throw new ServiceError(
      "NOT_ALLOWED",
      `The sidecar (process ${pid}) belongs to another user; stop it as that user.`,
      { cause: error },
    );
  }
}

async function hasEnded(info: RuntimeInfo, timeoutMs: number): Promise<boolean> {
  const ended = await waitFor(() => (/gone|other/.test(processOf(info)) ? true : undefined), timeoutMs);
  return ended ?? false;
}

function notOurs({ pid }: RuntimeInfo, stateDir: string): ServiceError {
  return new ServiceError(
    "NOT_OURS",
    `${join(stateDir, STATE_FILES.runtime)} names process ${pid}, but nothing proves that it is a sidecar; nothing was stopped. End it yourself if it is one.`,
  );
}

function stillRunning({ pid }: RuntimeInfo, ms: number): ServiceError {
  return new ServiceError(
    "STOP_TIMEOUT",
    `The sidecar (process ${pid}) was asked to stop and has not ended within ${ms} ms; wait longer with --timeout, or end it at once with --force.`,
    { exitCode: 3 },
  );
}
