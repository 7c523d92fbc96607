import JSON5 from "json5";
import { own } from "../config/own.ts";
import type { DialBound } from "../net/dial.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { portOf } from "../target/port.ts";

/** OpenClaw's own default (`gateway.port`). */
export const DEFAULT_GATEWAY_PORT = 18_789;

const MAX_CONFIG_BYTES = 1024 * 1024;
const EXEC_TIMEOUT_MS = 4_000;
const BEGIN = "openclaw-config-begin";
const END = "openclaw-config-end";
const SIDECAR_END = "openclaw-sidecar-end";
const LOCK_END = "openclaw-lock-end";
/**
 * Simple commands that sh, fish, csh and PowerShell read alike; the marks shut out what a profile prints. The one with a
 * pattern comes last: a shell that finds nothing for it reads no further.
 */
const COMMAND =
  `echo ${BEGIN}; cat ~/.openclaw/openclaw.json; echo ${END}; cat ~/.openclaw-sidecar/runtime.json; ` +
  `echo ${SIDECAR_END}; cat ~/.openclaw/tmp/openclaw-*/gateway.state.lock; echo ${LOCK_END}`;

export interface FoundPort {
  readonly port: number;
  readonly from: "configured" | "lock file" | "openclaw.json" | "sidecar" | "default";
}

/** The likeliest first. */
export type FoundPorts = readonly [FoundPort, ...FoundPort[]];

const DEFAULT: FoundPort = { port: DEFAULT_GATEWAY_PORT, from: "default" };

/**
 * Which ports the Gateway on a host may listen on: the one that OpenClaw wrote down when it started, which may be of an
 * earlier run; that of the remote openclaw.json, else that of a sidecar, else the default. A sidecar that the person prefers
 * goes first. Looking is best effort and bounded; only an abort ends it with an error. Nothing but the ports is taken from
 * the files.
 */
export async function findGatewayPorts(
  session: SshSession,
  { signal, prefersSidecar }: Pick<DialBound, "signal"> & { readonly prefersSidecar: boolean },
): Promise<FoundPorts> {
  try {
    const outcome = await session.exec(COMMAND, { signal, timeoutMs: EXEC_TIMEOUT_MS, maxBytes: MAX_CONFIG_BYTES });
    if (outcome.kind === "done") return portsIn(outcome.stdout, prefersSidecar);
  } catch (error) {
    if (signal.aborted || !session.isAlive) throw error;
  }
  return [DEFAULT];
}

/** The ports that what stands between the marks leads to. */
export function portsIn(output: string, prefersSidecar: boolean): FoundPorts {
  const begin = output.indexOf(BEGIN);
  const end = output.indexOf(END, begin);
  const sidecarEnd = output.lastIndexOf(SIDECAR_END);
  const config = begin < 0 ? undefined : parse(output.slice(begin + BEGIN.length, end));
  const runtime = end < begin ? undefined : parse(output.slice(end + END.length, sidecarEnd));
  const lock = sidecarEnd < begin ? undefined : parse(/\{[^{}]*\}/.exec(output.slice(sidecarEnd))?.[0] ?? "");
  const sidecar = portOf(own(runtime, "port"));
  const port = portOf(own(own(config, "gateway"), "port"));
  const started = portOf(own(lock, "port"));
  // OpenClaw is set up there, so that its own default counts when its config names no port.
  const isSetUp = config !== undefined && !prefersSidecar;
  const configured: FoundPort = port === undefined ? DEFAULT : { port, from: "openclaw.json" };
  const last: FoundPort = sidecar === undefined || isSetUp ? configured : { port: sidecar, from: "sidecar" };
  if (started === undefined || started === last.port || prefersSidecar) return [last];
  return [{ port: started, from: "lock file" }, last];
}

function parse(text: string): unknown {
  try {
    return JSON5.parse<unknown>(text);
  } catch {
    return undefined;
  }
}
