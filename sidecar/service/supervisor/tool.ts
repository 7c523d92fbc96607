import { execFile } from "node:child_process";
import { ServiceError } from "../service-error.ts";

const TIMEOUT_MS = 30_000;

export interface ToolResult {
  /** Undefined: there is no such program, or it did not end in time. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of the system with its arguments as they are, without a shell. Never throws. */
export function runTool(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ToolResult> {
  return new Promise((resolve) => {
    execFile(file, [...args], { env, timeout: TIMEOUT_MS, windowsHide: true }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      resolve({ code: typeof code === "number" ? code : undefined, stdout: stdout.trim(), stderr: stderr.trim() });
    });
  });
}

/** The same, where only success will do. @throws ServiceError SUPERVISOR with the program's own words */
export async function needTool(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const { code, stdout, stderr } = await runTool(file, args, env);
  if (code === 0) return stdout;
  const call = [file, ...args].join(" ");
  if (code === undefined) throw new ServiceError("SUPERVISOR", `\`${call}\` could not be run; is ${file} installed?`);
  const said = (stderr === "" ? stdout : stderr).replace(/\s+/g, " ");
  throw new ServiceError(
    "SUPERVISOR",
    `\`${call}\` failed (exit code ${code})${said === "" ? "" : `: ${said.replace(/\.$/, "")}`}.`,
  );
}
