import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { ExecBound, ExecOutcome, SshSession } from "../ssh/session/ssh-session.ts";
import { onboardingError } from "./onboarding-error.ts";
import { portableQuote } from "./portable-quote.ts";
import { type ScriptOutput, TELL, parseScriptOutput } from "./script-output.ts";

export interface ScriptRun {
  /** The body of a POSIX sh function. It never holds a value: those are its arguments, `$1` and so on. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeoutMs: number;
  /** Of standard output. */
  readonly maxBytes?: number;
}

const MAX_OUTPUT_BYTES = 256 * 1024;
/** A server with `MaxSessions 1` gives a session free only some moments after it has closed. */
const BUSY_TRIES = 6;
const BUSY_WAIT_MS = 150;

/**
 * Runs a script on the host in /bin/sh, whatever the login shell is. The script goes in as standard input, so that no other
 * shell reads it; sh has read all of it before the first command runs; commands in it must not read standard input.
 * @throws ConnectError HOST_UNSUPPORTED when the host does not run it to its end, SSH_TIMEOUT, SSH_CLOSED; CancelledError
 */
export async function runHostScript(
  session: SshSession,
  run: ScriptRun,
): Promise<ScriptOutput & { readonly stderr: string }> {
  const nonce = randomBytes(16).toString("hex");
  const command = hostCommand(session.label, ["/bin/sh", "-s", "--", nonce, ...(run.args ?? [])]);
  const outcome = await runOnHost(session, command, {
    signal: run.signal,
    timeoutMs: run.timeoutMs,
    maxBytes: run.maxBytes ?? MAX_OUTPUT_BYTES,
    input: wrapped(run.script),
  });
  const output = parseScriptOutput(outcome.stdout, nonce);
  if (output !== undefined) return { ...output, stderr: outcome.stderr };
  const why = outcome.truncated
    ? "it says more than it was asked"
    : `it did not run a script of ours to the end (exit code ${outcome.code ?? "unknown"}, ${lastLine(outcome.stderr)})`;
  throw onboardingError("HOST_UNSUPPORTED", session.label, why);
}

/**
 * Runs one command line made by `hostCommand`, and waits a little for a server that has no free session.
 * @throws ConnectError HOST_UNSUPPORTED when it runs no commands for us, SSH_TIMEOUT, SSH_CLOSED; CancelledError
 */
export async function runOnHost(
  session: SshSession,
  command: string,
  bound: ExecBound,
): Promise<Extract<ExecOutcome, { kind: "done" }>> {
  let why = "";
  for (let attempt = 0; attempt < BUSY_TRIES; attempt++) {
    if (attempt > 0) await pause(BUSY_WAIT_MS, bound.signal);
    const outcome = await session.exec(command, bound);
    if (outcome.kind === "done") return outcome;
    ({ why } = outcome);
  }
  throw onboardingError("HOST_UNSUPPORTED", session.label, `the SSH server runs no commands for us (${why})`);
}

/**
 * One command line that every login shell reads alike.
 * @throws ConnectError HOST_UNSUPPORTED when a word cannot be said so
 */
export function hostCommand(host: string, words: readonly string[]): string {
  return words
    .map((word) => {
      const quoted = portableQuote(word);
      if (quoted !== undefined) return quoted;
      throw onboardingError(
        "HOST_UNSUPPORTED",
        host,
        `a name there has a character that not every shell takes: ${word}`,
      );
    })
    .join(" ");
}

/** What a shell or a program said last. */
export function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() || "no words";
}

/** Waits; rejects with CancelledError on abort. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw new CancelledError();
  }
}

/** PATH may be missing; what is there comes first. One function, so that a script that is cut off never starts. */
const wrapped = (script: string): string => `nonce=$1; shift
main() {
PATH="\${PATH:+$PATH:}/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"; export PATH
${TELL}
printf '\\nopenclaw:%s:begin\\n' "$nonce"
body() {
${script}
}
body "$@"
printf '\\nopenclaw:%s:end\\n' "$nonce"
}
main "$@"
`;
