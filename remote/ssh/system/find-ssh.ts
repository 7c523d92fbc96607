import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { SshEnvironment } from "../config/environment.ts";

/**
 * The absolute path of the system's `ssh`; undefined when there is none. Relative entries of PATH are passed over: what lies
 * in the current directory or a workspace is never run. Without ControlMaster, as on Windows, it cannot carry a session.
 */
export async function findSsh({
  env,
  platform,
}: Pick<SshEnvironment, "env" | "platform">): Promise<string | undefined> {
  if (platform === "win32") return undefined;
  for (const directory of (env["PATH"] ?? "").split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    const path = join(directory, "ssh");
    if (await isProgram(path)) return path;
  }
  return undefined;
}

/** Said when the person has chosen it. */
export function sshMissing({ platform }: Pick<SshEnvironment, "platform">): ConnectError {
  const detail =
    platform === "win32"
      ? "the ssh of Windows cannot share one connection (ControlMaster)"
      : "there is no ssh in any directory of PATH";
  return new ConnectError("SSH_CLIENT_MISSING", `The system's ssh cannot be used: ${detail}.`, {
    step: "resolve",
    facts: [{ label: "detail", value: detail }],
  });
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
