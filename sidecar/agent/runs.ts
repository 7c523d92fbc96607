import { createHash, randomUUID } from "node:crypto";
import { reasonOf } from "../config/startup-error.ts";
import type { Session } from "../store/sessions.ts";
import type { Store } from "../store/store.ts";
import type { StoredMessage } from "../store/transcripts.ts";
import { type ActiveRun, ActiveRuns } from "./active-runs.ts";
import { AGENT_ID } from "./agent-id.ts";
import { executeRun } from "./execute-run.ts";
import {
  type AnswerEnd,
  type AnswerSource,
  OWN_SOURCE,
  type Sender,
  answerBody,
  questionBody,
} from "./message-bodies.ts";
import type { ModelCatalog } from "./model-catalog.ts";
import type { ModelLoader } from "./model-port.ts";
import type { RunFailure } from "./provider-error.ts";
import { RunEvents } from "./run-events.ts";
import type { RunSink } from "./run-sink.ts";
import { isSlashCommand, runUrgentCommand } from "./slash-commands.ts";

/** A question. `runId` is the client's idempotency key and names the run. */
export interface SendRequest {
  readonly sessionKey: string;
  readonly runId: string;
  readonly text: string;
  readonly sender: Sender | undefined;
}

/** `started`: committed, the answer will follow. `in_flight` and `ok`: it was here before, and runs or is over. */
export type SendOutcome = "started" | "in_flight" | "ok" | "conflict" | "busy" | "stopping";

/** Questions that may wait in one session, and answers that may stream at once. */
const MAX_LANE = 32;
const MAX_ACTIVE = 256;
/** How often an end that the disk did not take is tried again, milliseconds. */
const SETTLE_RETRY_MS = 1_000;
const TITLE_CHARS = 80;
const PREVIEW_CHARS = 160;

export const INTERRUPTED = "The Gateway stopped before this answer was complete.";

export interface RunsOptions {
  readonly store: Store;
  readonly catalog: ModelCatalog;
  readonly loadModel: ModelLoader;
  readonly sink: RunSink;
  readonly systemPrompt: string | undefined;
  /** Gets what goes wrong without ending anything. */
  readonly warn?: (message: string) => void;
}

interface Ending {
  readonly run: ActiveRun;
  readonly outcome: { readonly end: AnswerEnd; readonly source: AnswerSource };
  readonly tell: () => void;
}

/**
 * Takes questions and sees to it that each is answered, whoever listens. A question is on the disk before it is
 * acknowledged; runs of one session take turns.
 */
export class Runs {
  readonly active = new ActiveRuns();
  readonly options: RunsOptions;
  #stopping = false;
  readonly #idle: (() => void)[] = [];
  /** Ends that the disk has not taken yet, with the timer of the next try. */
  readonly #unsettled = new Map<Ending, NodeJS.Timeout>();
  /** Of each run that is not over and that somebody waits for. */
  readonly #over = new Map<string, PromiseWithResolvers<void>>();

  constructor(options: RunsOptions) {
    this.options = options;
  }

  /** Closes in the transcript what a crash cut off. Call once, before anybody is let in. */
  recover(now: number): void {
    const { store } = this.options;
    for (const run of store.runs.open()) {
      store.transaction(() => {
        const session = store.sessions.get(run.sessionKey);
        if (session?.sessionId === run.sessionId) {
          const end: AnswerEnd = { kind: "failed", errorMessage: INTERRUPTED };
          this.#append({ ...run, end, source: OWN_SOURCE, text: run.partial }, now);
          store.sessions.noteRunEnd(run.sessionKey, { status: "failed", error: INTERRUPTED }, now);
        }
        store.runs.end(run.runId, { status: "interrupted", at: now, error: INTERRUPTED });
      });
    }
  }

  send(request: SendRequest): SendOutcome {
    const { store } = this.options;
    const fingerprint = createHash("sha256")
      .update(JSON.stringify([request.sessionKey, request.text]))
      .digest("hex");
    const known = store.runs.get(request.runId);
    if (known !== undefined) {
      if (known.fingerprint !== fingerprint) return "conflict";
      return known.status === "running" ? "in_flight" : "ok";
    }
    if (this.#stopping) return "stopping";
    if (this.active.of(request.sessionKey).length >= MAX_LANE || this.active.size >= MAX_ACTIVE) return "busy";
    const reply = runUrgentCommand(request, this);
    const now = Date.now();
    const { question, run } = store.transaction(() => {
      const session = store.sessions.ensure(request.sessionKey, AGENT_ID, now);
      const question = store.transcripts.append({
        id: randomUUID(),
        sessionId: session.sessionId,
        runId: request.runId,
        role: "user",
        body: questionBody({ ...request, at: now }),
        createdAt: now,
      });
      const run = { ...request, sessionId: session.sessionId, fingerprint, startedAt: now };
      store.runs.start(run);
      const title = isSlashCommand(request.text) ? undefined : firstLine(request.text, TITLE_CHARS);
      store.sessions.noteInput(request.sessionKey, { title, runId: request.runId }, now);
      return { question, run };
    });
    this.#begin({ ...run, question: request.text, reply }, question);
    return "started";
  }

  /** Resolves when the run is over; at once when it is, or when there is none of this id. */
  whenOver(runId: string): Promise<void> {
    if (!this.active.all().some((run) => run.runId === runId)) return Promise.resolve();
    const waiting = this.#over.get(runId) ?? Promise.withResolvers<void>();
    this.#over.set(runId, waiting);
    return waiting.promise;
  }

  #begin(
    stored: Pick<ActiveRun, "runId" | "sessionKey" | "sessionId" | "startedAt" | "question" | "reply">,
    message: StoredMessage,
  ): void {
    const { runId, sessionKey, sessionId, startedAt, question, reply } = stored;
    const fresh = { abort: new AbortController(), text: "", seq: 0, hasBegun: false, isOver: false };
    const run: ActiveRun = { runId, sessionKey, sessionId, startedAt, question, reply, ...fresh };
    this.active.add(run);
    // After the acknowledgement: a client should know that its question is safe before it hears anything about it.
    setImmediate(() => {
      this.#tell(() => {
        this.options.sink.message(sessionKey, message);
        this.options.sink.changed(sessionKey, { reason: "send" });
      });
      if (this.active.first(sessionKey) === run) this.#execute(run);
    });
  }

  /** Its turn may come twice: when it was sent, and when the one before it ends just then. */
  #execute(run: ActiveRun): void {
    if (run.isOver || run.hasBegun) return;
    run.hasBegun = true;
    executeRun(run, this, new RunEvents(run, this.options.sink)).catch((error: unknown) => {
      this.options.warn?.(`a run broke inside the Gateway: ${reasonOf(error)}`);
      this.#fail(run);
    });
  }

  /**
   * Writes down how a run ended and lets the next one begin. The first end counts; returns false when there was one.
   * @param tell emits the events, after the commit
   */
  settle(
    run: ActiveRun,
    outcome: { readonly end: AnswerEnd; readonly source: AnswerSource },
    tell: () => void,
  ): boolean {
    if (run.isOver) return false;
    run.isOver = true;
    this.#finish({ run, outcome, tell });
    return true;
  }

  /** Tries until the disk takes it: an answer that was given is not thrown away because it is full for a while. */
  #finish(ending: Ending): void {
    const { run, outcome, tell } = ending;
    let message: StoredMessage | undefined;
    try {
      message = this.#record(run, outcome);
    } catch (error) {
      if (!this.#unsettled.has(ending)) this.options.warn?.(`the end of a run waits for the disk: ${reasonOf(error)}`);
      const timer = setTimeout(() => this.#finish(ending), SETTLE_RETRY_MS);
      this.#unsettled.set(ending, timer.unref());
      return;
    }
    clearTimeout(this.#unsettled.get(ending));
    this.#unsettled.delete(ending);
    this.active.remove(run);
    this.#tell(() => {
      if (message !== undefined) this.options.sink.message(run.sessionKey, message);
      tell();
    });
    run.abort.abort();
    this.#over.get(run.runId)?.resolve();
    this.#over.delete(run.runId);
    const next = this.active.first(run.sessionKey);
    if (next !== undefined) this.#execute(next);
    if (this.active.size === 0) for (const done of this.#idle.splice(0)) done();
  }

  /** One transaction with all that an end changes. */
  #record(run: ActiveRun, outcome: Ending["outcome"]): StoredMessage | undefined {
    const { store } = this.options;
    const { end } = outcome;
    const now = Date.now();
    return store.transaction(() => {
      const error = end.kind === "failed" ? end.errorMessage : undefined;
      const because = error === undefined ? {} : { error };
      store.runs.end(run.runId, { status: end.kind, at: now, ...because });
      if (end.kind === "done" && end.usage.input + end.usage.output > 0) store.usage.add(end.usage, now);
      // The session was deleted or started over while this run was on its way: there is nowhere to put the answer.
      if (store.sessions.get(run.sessionKey)?.sessionId !== run.sessionId) return undefined;
      store.sessions.noteRunEnd(
        run.sessionKey,
        {
          status: SESSION_STATUS[end.kind],
          ...because,
          ...(run.text === "" ? {} : { preview: firstLine(run.text, PREVIEW_CHARS) }),
          ...(end.kind === "done" ? { inputTokens: end.usage.input, outputTokens: end.usage.output } : {}),
        },
        now,
      );
      if (end.kind === "aborted" && run.text === "") return undefined;
      return this.#append({ ...run, ...outcome }, now);
    });
  }

  /** What is told may read from the store; that it cannot be read must not stop what comes next. */
  #tell(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.options.warn?.(`clients could not be told: ${reasonOf(error)}`);
    }
  }

  /** Keeps what has been answered so far. The answer goes on when that fails: it is in memory, and kept at its end. */
  checkpoint({ runId, text }: ActiveRun): void {
    this.#tell(() => this.options.store.runs.checkpoint(runId, text));
  }

  #append(
    answer: { sessionId: string; runId: string; text: string; end: AnswerEnd; source: AnswerSource },
    now: number,
  ): StoredMessage {
    return this.options.store.transcripts.append({
      id: randomUUID(),
      sessionId: answer.sessionId,
      runId: answer.runId,
      role: "assistant",
      body: answerBody({ ...answer, at: now }),
      createdAt: now,
    });
  }

  /** Ends runs of a session at a person's wish: one, or all. Returns the ids of those that were ended. */
  abort(sessionKey: string, runId: string | undefined, origin: string): readonly string[] {
    const runs = this.active.of(sessionKey).filter((run) => runId === undefined || run.runId === runId);
    // Those that wait first, or ending the one that streams would start them.
    return runs.toReversed().flatMap((run) => {
      const end: AnswerEnd = { kind: "aborted", runId: run.runId, origin };
      return this.settle(run, { end, source: OWN_SOURCE }, () => this.#eventsOf(run).aborted(origin))
        ? [run.runId]
        : [];
    });
  }

  #eventsOf(run: ActiveRun): RunEvents {
    return new RunEvents(run, this.options.sink);
  }

  /** Starts a session over under its key. */
  reset(sessionKey: string, reason: "new" | "reset"): Session | undefined {
    const { store, sink } = this.options;
    this.abort(sessionKey, undefined, "reset");
    if (store.sessions.get(sessionKey) === undefined) return undefined;
    const session = store.transaction(() => store.sessions.reset(sessionKey, Date.now()));
    sink.changed(sessionKey, { reason });
    return session;
  }

  /** Takes no more questions, gives the running answers `graceMs`, and closes honestly what is not done by then. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    if (this.active.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.#idle.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    for (const run of this.active.all().toReversed()) this.#fail(run);
    // Once more, and then no more: the store is about to be closed.
    const waiting = Array.from(this.#unsettled.keys());
    for (const ending of waiting) this.#finish(ending);
    for (const timer of this.#unsettled.values()) clearTimeout(timer);
  }

  #fail(run: ActiveRun): void {
    const failure: RunFailure = { message: INTERRUPTED, kind: "unknown" };
    const end: AnswerEnd = { kind: "failed", errorMessage: INTERRUPTED };
    this.settle(run, { end, source: OWN_SOURCE }, () => this.#eventsOf(run).failed(failure, undefined));
  }
}

const SESSION_STATUS = { done: "done", aborted: "killed", failed: "failed" } as const;

function firstLine(text: string, max: number): string {
  const line = text.trim().split("\n", 1)[0]?.trim() ?? "";
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
