import { type RuntimeInfo, parseRuntimeFile } from "../store/runtime-file.ts";
import { isRunning, processIdentity, startedAt } from "./process-identity.ts";

/** A sidecar notes its start within this time of the process's own, milliseconds. */
const START_WINDOW_MS = 60_000;
const CLOCK_SLACK_MS = 2_000;

/**
 * What the runtime file of a state directory is worth.
 * - `none`: there is no file.
 * - `ours`: its process runs and is proved to be the one that wrote it.
 * - `stale`: its process is gone, or the id now belongs to another.
 * - `unproved`: a process of that id runs, and nothing says whose it is.
 */
export type Running =
  | { readonly kind: "none" }
  | { readonly kind: "ours" | "unproved"; readonly info: RuntimeInfo }
  | { readonly kind: "stale"; readonly info: RuntimeInfo; readonly why: string };

/** Looks at the process, not at its port: a sidecar that hangs is still ours to stop. */
export function findRunning(stateDir: string): Running {
  const info = parseRuntimeFile(stateDir);
  if (info === undefined) return { kind: "none" };
  const kind = processOf(info);
  if (kind === "gone") return { kind: "stale", info, why: `process ${info.pid} has ended` };
  if (kind === "other") return { kind: "stale", info, why: `process ${info.pid} is another program by now` };
  return { kind, info };
}

/** What became of the process that wrote `info`. */
export function processOf(info: RuntimeInfo): "ours" | "gone" | "other" | "unproved" {
  if (!isRunning(info.pid)) return "gone";
  const now = processIdentity(info.pid);
  if (info.process !== undefined && now !== undefined) return info.process === now ? "ours" : "other";
  const started = startedAt(info.pid);
  if (started === undefined) return "unproved";
  const age = info.startedAt - started;
  return age > -CLOCK_SLACK_MS && age < START_WINDOW_MS ? "ours" : "other";
}
