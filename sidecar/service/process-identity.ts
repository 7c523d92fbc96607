import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { errnoOf } from "../config/startup-error.ts";

const TOOL_TIMEOUT_MS = 10_000;
/** From the end of a command's name in `/proc/PID/stat` (proc(5)): the state is field 3, the start time field 22. */
const STATE = 0;
const START_TIME = 19;

/**
 * What no other process has had or will have, also not one that gets the same id later or after a reboot: when it was
 * started, and on Linux in which boot. Undefined when there is no such process, or the system does not say.
 */
export function processIdentity(pid: number): string | undefined {
  if (process.platform === "linux") return linuxIdentity(pid);
  if (process.platform === "win32") return undefined;
  const started = outputOf("ps", ["-o", "lstart=", "-p", String(pid)]);
  return started === undefined || started === "" ? undefined : `ps:${started}`;
}

function linuxIdentity(pid: number): string | undefined {
  const fields = linuxStat(pid);
  const started = fields?.[START_TIME];
  if (started === undefined) return undefined;
  try {
    return `linux:${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}:${started}`;
  } catch {
    return undefined;
  }
}

function linuxStat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Whether a process runs. One that has ended and only waits to be collected by its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errnoOf(error) !== "EPERM") return false;
  }
  const state = process.platform === "linux" ? linuxStat(pid)?.[STATE] : undefined;
  return state !== "Z" && state !== "X";
}

/** When a process was started, milliseconds since the epoch; asked only where `processIdentity` knows nothing. */
export function startedAt(pid: number): number | undefined {
  if (process.platform !== "win32") return undefined;
  const script = `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString("o")`;
  const time = Date.parse(outputOf("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", script]) ?? "");
  return Number.isNaN(time) ? undefined : time;
}

function outputOf(file: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(file, args, {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C", TZ: "UTC0" },
      stdio: ["ignore", "pipe", "ignore"],
      timeout: TOOL_TIMEOUT_MS,
      windowsHide: true,
    }).trim();
  } catch {
    return undefined;
  }
}
