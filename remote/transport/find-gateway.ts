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
const SIDECAR_END = "openclaw-sidecar-end";
/** Simple commands that sh, fish, csh and PowerShell read alike; the marks shut out what a profile prints. */
const COMMAND = `echo ${BEGIN}; cat ~/.openclaw/openclaw.json; echo ${END}; cat ~/.openclaw-sidecar/runtime.json; echo ${SIDECAR_END}`;

export interface FoundPort {
  readonly port: number;
  readonly from: "configured" | "openclaw.json" | "sidecar" | "default";
}

/**
 * Which port the Gateway on a host listens on: the remote openclaw.json, else that of a sidecar, else the default. A sidecar
 * that the person prefers goes first. Looking is best effort and bounded; only an abort ends it with an error. Nothing but
 * the ports is taken from the files.
 */
export async function findGatewayPort(
  session: SshSession,
  { signal, prefersSidecar }: Pick<DialBound, "signal"> & { readonly prefersSidecar: boolean },
): Promise<FoundPort> {
  try {
    const outcome = await session.exec(COMMAND, { signal, timeoutMs: EXEC_TIMEOUT_MS, maxBytes: MAX_CONFIG_BYTES });
    if (outcome.kind === "done") return portIn(outcome.stdout, prefersSidecar);
  } catch (error) {
    if (signal.aborted || !session.isAlive) throw error;
  }
  return { port: DEFAULT_GATEWAY_PORT, from: "default" };
}

/** The port that what stands between the marks leads to. */
export function portIn(output: string, prefersSidecar: boolean): FoundPort {
  const begin = output.indexOf(BEGIN);
  const end = output.indexOf(END, begin);
  const sidecarEnd = output.lastIndexOf(SIDECAR_END);
  const config = begin < 0 ? undefined : parse(output.slice(begin + BEGIN.length, end));
  const runtime = end < begin ? undefined : parse(output.slice(end + END.length, sidecarEnd));
  const sidecar = portOf(own(runtime, "port"));
  // OpenClaw is set up there, so that its own default counts when its config names no port.
  const isSetUp = config !== undefined && !prefersSidecar;
  const port = portOf(own(own(config, "gateway"), "port"));
  if (sidecar !== undefined && !isSetUp) return { port: sidecar, from: "sidecar" };
  return port === undefined ? { port: DEFAULT_GATEWAY_PORT, from: "default" } : { port, from: "openclaw.json" };
}

function parse(text: string): unknown {
  try {
    return JSON5.parse<unknown>(text);
  } catch {
    return undefined;
  }
}

function portOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_535 ? value : undefined;
}
