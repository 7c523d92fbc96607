import { asObject, asString } from "../../protocol/gateway/json.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { lastLine, runHostScript } from "./host-script.ts";

export interface SidecarCall {
  /** Absolute paths on the host. */
  readonly node: string;
  readonly file: string;
  readonly stateDir: string;
  /** Words of the CLI; never a secret. */
  readonly words: readonly string[];
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

export type SidecarAnswer =
  | { readonly ok: true; readonly payload: Readonly<Record<string, unknown>> }
  /** The CLI's own code and sentence. */
  | { readonly ok: false; readonly code: string; readonly why: string };

/** What belongs to this SSH connection must not live on in a process that outlasts it. */
const SCRIPT = `
unset SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY SSH_ORIGINAL_COMMAND
node=$1; sidecar=$2; shift 2
output answer "$node" "$sidecar" "$@"
`;

/**
 * Runs one command of the sidecar's own CLI on the host, with \`--json\`.
 * @throws ConnectError HOST_UNSUPPORTED, SSH_TIMEOUT, SSH_CLOSED; CancelledError
 */
export async function callSidecarCli(session: SshSession, call: SidecarCall): Promise<SidecarAnswer> {
  const { node, file, stateDir, words, signal, timeoutMs } = call;
  const output = await runHostScript(session, {
    script: SCRIPT,
    args: [node, file, ...words, "--state-dir", stateDir, "--json"],
    signal,
    timeoutMs,
  });
  const payload = asObject(parse(output.file("answer") ?? ""));
  const error = asObject(payload["error"]);
  const message = asString(error["message"]);
  if (output.first("answer-code") === "0" && message === undefined) return { ok: true, payload };
  return { ok: false, code: asString(error["code"]) ?? "", why: message ?? lastLine(output.stderr) };
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
