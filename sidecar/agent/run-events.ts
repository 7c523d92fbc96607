import type { ActiveRun } from "./active-runs.ts";
import { AGENT_ID } from "./agent-id.ts";
import type { RunFailure } from "./provider-error.ts";
import type { RunSink } from "./run-sink.ts";

type Data = Readonly<Record<string, unknown>>;

/**
 * Beyond this many characters a delta no longer carries the answer so far, or a long answer would cost the square of its
 * length. `deltaText` is always there, and the final event has it all.
 */
const MAX_SNAPSHOT_CHARS = 32_768;

const assistant = (text: string): Data => ({
  role: "assistant",
  content: [{ type: "text", text }],
  timestamp: Date.now(),
});

/** Tells the world about one run, in the order and shapes of the real Gateway. */
export class RunEvents {
  readonly #run: ActiveRun;
  readonly #sink: RunSink;

  constructor(run: ActiveRun, sink: RunSink) {
    this.#run = run;
    this.#sink = sink;
  }

  #agent(stream: string, data: Data): void {
    this.#run.seq += 1;
    this.#sink.agent(this.#run.sessionKey, {
      runId: this.#run.runId,
      sessionKey: this.#run.sessionKey,
      sessionId: this.#run.sessionId,
      agentId: AGENT_ID,
      stream,
      data,
      seq: this.#run.seq,
      ts: Date.now(),
      isHeartbeat: false,
    });
  }

  #chat(state: string, fields: Data): void {
    const { runId, sessionKey, seq } = this.#run;
    this.#sink.chat(sessionKey, { runId, sessionKey, agentId: AGENT_ID, seq, state, ...fields });
  }

  started(): void {
    this.#agent("lifecycle", { phase: "start", startedAt: this.#run.startedAt });
    this.#chat("status", { phase: "starting_model" });
    this.#sink.changed(this.#run.sessionKey, { phase: "start", runId: this.#run.runId });
  }

  model(provider: string, model: string): void {
    this.#agent("lifecycle", { phase: "model", provider, model });
  }

  /** `run.text` already holds the delta. */
  delta(delta: string): void {
    const { text } = this.#run;
    const whole = text.length <= MAX_SNAPSHOT_CHARS;
    this.#agent("assistant", whole ? { text, delta } : { delta });
    this.#chat("delta", whole ? { deltaText: delta, message: assistant(text) } : { deltaText: delta });
  }

  finished(stopReason: string): void {
    const { text, startedAt } = this.#run;
    this.#agent("lifecycle", {
      phase: "end",
      stopReason,
      aborted: false,
      startedAt,
      endedAt: Date.now(),
      terminalReply: { disposition: "visible", text },
      executionSettled: true,
    });
    this.#chat("final", { stopReason, message: assistant(text) });
    this.#over();
  }

  aborted(stopReason: string): void {
    const { text, startedAt } = this.#run;
    this.#run.seq += 1;
    this.#chat("aborted", { stopReason, ...(text === "" ? {} : { message: assistant(text) }) });
    this.#agent("lifecycle", {
      phase: "end",
      status: "cancelled",
      aborted: true,
      stopReason,
      startedAt,
      endedAt: Date.now(),
    });
    this.#over();
  }

  failed(failure: RunFailure, model: { readonly provider: string; readonly model: string } | undefined): void {
    const { text, startedAt } = this.#run;
    this.#agent("lifecycle", {
      phase: "error",
      error: failure.message,
      startedAt,
      endedAt: Date.now(),
      executionSettled: true,
    });
    const detail = { ...model, ...(failure.httpStatus === undefined ? {} : { httpStatus: failure.httpStatus }) };
    this.#chat("error", {
      errorMessage: failure.message,
      errorKind: failure.kind,
      ...(Object.keys(detail).length === 0 ? {} : { errorDetail: detail }),
      ...(text === "" ? {} : { message: assistant(text) }),
    });
    this.#over();
  }

  #over(): void {
    this.#sink.changed(this.#run.sessionKey, { phase: "end", runId: this.#run.runId });
  }
}
