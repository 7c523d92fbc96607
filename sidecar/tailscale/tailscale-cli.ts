import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { isRecord } from "../json.ts";

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
const MAC_APP = "/Applications/Tailscale.app/Contents/MacOS/Tailscale";

/** The `tailscale` command: on PATH, or that of the Mac app. */
export function findTailscale(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const names = process.platform === "win32" ? ["tailscale.exe"] : ["tailscale"];
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => existsSync(path));
  return found ?? (process.platform === "darwin" && existsSync(MAC_APP) ? MAC_APP : undefined);
}

/** Runs `tailscale ARGS --json` and parses what it prints. Rejects with what it said when it fails. */
export function tailscaleJson(command: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const options = { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, windowsHide: true };
  return new Promise((resolve, reject) => {
    execFile(command, [...args, "--json"], options, (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(oneLine(stderr) ?? oneLine(stdout) ?? error.message));
      try {
        const value: unknown = JSON.parse(stdout);
        return resolve(isRecord(value) ? value : {});
      } catch (cause) {
        return reject(new Error(`\`tailscale ${args.join(" ")} --json\` did not print JSON`, { cause }));
      }
    });
  });
}

/**
 * Ends the program when this process is gone, however it went: Tailscale keeps a route as long as the command that asked
 * for it runs, and a killed Gateway must not leave one to a port that somebody else may take. The guard reads our pipe.
 */
const GUARD = [
  "exec 3<&0",
  '"$@" 3<&- </dev/null & child=$!',
  '{ cat <&3 >/dev/null; kill "$child" 2>/dev/null; } & guard=$!',
  "exec 3<&-",
  "trap 'kill \"$child\" 2>/dev/null' TERM INT HUP",
  'wait "$child"; code=$?',
  'kill "$guard" 2>/dev/null',
  'exit "$code"',
].join("\n");

/** Starts a command of Tailscale that runs until it is ended with `endForeground`. */
export function startForeground(command: string, args: readonly string[]): ChildProcess {
  const options = { stdio: "pipe", windowsHide: true } as const;
  if (process.platform === "win32") return spawn(command, [...args], options);
  return spawn("/bin/sh", ["-c", GUARD, "tailscale", command, ...args], { ...options, detached: true });
}

export function endForeground(child: ChildProcess): void {
  child.stdin?.destroy();
  child.kill("SIGTERM");
}

/** What a command said, on one line and not too long; undefined when it said nothing. */
export function oneLine(text: string): string | undefined {
  const line = text
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(/[.\s]+$/, "")
    .trim();
  return line === "" ? undefined : line.slice(0, 300);
}
