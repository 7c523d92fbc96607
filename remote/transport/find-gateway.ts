import JSON5 from "json5";
import { own } from "../config/own.ts";
import type { DialBound } from "../net/dial.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";

/** OpenClaw's own default (`gateway.port`). */
export const DEFAULT_GATEWAY_PORT = 18_789;

const MAX_CONFIG_BYTES = 1024 * 1024;
const EXEC_TIMEOUT_MS = 4_000;
const BEGIN = "openclaw-config-begin";
const END = "openclaw-config-end";
/** Three simple commands that sh, fish, csh and PowerShell read alike; the marks shut out what a profile prints. */
const COMMAND = `echo ${BEGIN}; cat ~/.openclaw/openclaw.json; echo ${END}`;

export interface FoundPort {
  readonly port: number;
  readonly from: "configured" | "openclaw.json" | "sidecar" | "default";
}

/**
 * Which port the Gateway on a host listens on: the remote openclaw.json, else the default. Looking is best effort and
 * bounded; only an abort ends it with an error. Nothing but the port is taken from the file.
 */
export async function findGatewayPort(session: SshSession, { signal }: Pick<DialBound, "signal">): Promise<FoundPort> {
  try {
    const outcome = await session.exec(COMMAND, { signal, timeoutMs: EXEC_TIMEOUT_MS, maxBytes: MAX_CONFIG_BYTES });
    const port = outcome.kind === "done" ? portIn(outcome.stdout) : undefined;
    if (port !== undefined) return { port, from: "openclaw.json" };
  } catch (error) {
    if (signal.aborted || !session.isAlive) throw error;
  }
  return { port: DEFAULT_GATEWAY_PORT, from: "default" };
}

/** `gateway.port` of what stands between the marks. */
export function portIn(output: string): number | undefined {
  const begin = output.indexOf(BEGIN);
  const end = output.lastIndexOf(END);
  if (begin < 0 || end < begin) return undefined;
  try {
    const config: unknown = JSON5.parse(output.slice(begin + BEGIN.length, end));
    const port = own(own(config, "gateway"), "port");
    return typeof port === "number" && Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
  } catch {
    return undefined;
  }
}
