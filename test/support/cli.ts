import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Wall time, milliseconds. */
  readonly ms: number;
}

const ENTRY = fileURLToPath(new URL("cli-entry.ts", import.meta.url));

/** Runs our CLI from its source in a process of its own. Nothing of the caller's environment reaches it but PATH. */
export function runCliProcess(args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  return spawnCli(["--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", ENTRY, ...args], env);
}

/** Runs the built `dist/sidecar.mjs`, as a person has it. */
export function runBuiltCli(args: readonly string[], env: Record<string, string> = {}): Promise<CliRun> {
  return spawnCli([fileURLToPath(new URL("../../dist/sidecar.mjs", import.meta.url)), ...args], env);
}

function spawnCli(argv: readonly string[], env: Record<string, string>): Promise<CliRun> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, {
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nonexistent", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr, ms: performance.now() - started }));
  });
}
