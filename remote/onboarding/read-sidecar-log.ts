import type { SshSession } from "../ssh/session/ssh-session.ts";
import { runHostScript } from "./host-script.ts";
import type { HostProbe } from "./probe-host.ts";

export interface ReadSidecarLogOptions {
  readonly probe: HostProbe;
  /** From the end of the log. */
  readonly lines: number;
  readonly signal: AbortSignal;
}

const SCRIPT = `[ -f "$1" ] && output log tail -n "$2" "$1"; return 0`;
const READ_TIMEOUT_MS = 10_000;
const MAX_LOG_BYTES = 2 * 1024 * 1024;

/**
 * The end of the log that the sidecar of a host keeps, as it stands there (one JSON object a line; the sidecar writes no
 * secret). Undefined: there is none.
 * @throws ConnectError HOST_UNSUPPORTED, SSH_TIMEOUT, SSH_CLOSED; CancelledError
 */
export async function readSidecarLog(
  session: SshSession,
  { probe, lines, signal }: ReadSidecarLogOptions,
): Promise<string | undefined> {
  const path = `${probe.sidecar.stateDir}/logs/sidecar.log`;
  const bound = { signal, timeoutMs: READ_TIMEOUT_MS, maxBytes: MAX_LOG_BYTES };
  const output = await runHostScript(session, { script: SCRIPT, args: [path, String(lines)], ...bound });
  return output.file("log");
}
