import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Row, intOf, optionalInt, optionalText, textOf } from "./rows.ts";

/** `running` covers waiting for its turn; `interrupted` is what a crash leaves. */
export type RunStatus = "running" | "done" | "failed" | "aborted" | "interrupted";

/** One send and what came of it. The run id is the client's idempotency key. */
export interface StoredRun {
  readonly runId: string;
  readonly sessionKey: string;
  readonly sessionId: string;
  /** Digest of what was asked: the same key with another digest is a conflict. */
  readonly fingerprint: string;
  readonly status: string;
  /** The answer as far as it had come at the last checkpoint. */
  readonly partial: string;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
  readonly error: string | undefined;
}

function runOf(row: Row): StoredRun {
  return {
    runId: textOf(row, "run_id"),
    sessionKey: textOf(row, "session_key"),
    sessionId: textOf(row, "session_id"),
    fingerprint: textOf(row, "fingerprint"),
    status: textOf(row, "status"),
    partial: textOf(row, "partial"),
    startedAt: intOf(row, "started_at"),
    endedAt: optionalInt(row, "ended_at"),
    error: optionalText(row, "error"),
  };
}

/** The ledger of sends: makes them idempotent, also over a restart. */
export class RunStore {
  readonly #get: StatementSync;
  readonly #insert: StatementSync;
  readonly #checkpoint: StatementSync;
  readonly #end: StatementSync;
  readonly #open: StatementSync;
  readonly #forget: StatementSync;

  constructor(db: DatabaseSync) {
    this.#get = db.prepare("SELECT * FROM runs WHERE run_id = ?");
    this.#insert = db.prepare(
      "INSERT INTO runs (run_id, session_key, session_id, fingerprint, status, started_at) VALUES (?, ?, ?, ?, 'running', ?)",
    );
    this.#checkpoint = db.prepare("UPDATE runs SET partial = ? WHERE run_id = ? AND status = 'running'");
    this.#end = db.prepare("UPDATE runs SET status = ?, partial = '', ended_at = ?, error = ? WHERE run_id = ?");
    this.#open = db.prepare("SELECT * FROM runs WHERE status = 'running' ORDER BY started_at, run_id");
    this.#forget = db.prepare("DELETE FROM runs WHERE session_key = ?");
  }

  get(runId: string): StoredRun | undefined {
    const row = this.#get.get(runId);
    return row === undefined ? undefined : runOf(row);
  }

  start(run: Pick<StoredRun, "runId" | "sessionKey" | "sessionId" | "fingerprint" | "startedAt">): void {
    this.#insert.run(run.runId, run.sessionKey, run.sessionId, run.fingerprint, run.startedAt);
  }

  /** Keeps what has been answered so far, so that a crash loses little of it. */
  checkpoint(runId: string, partial: string): void {
    this.#checkpoint.run(partial, runId);
  }

  end(runId: string, end: { readonly status: RunStatus; readonly at: number; readonly error?: string }): void {
    this.#end.run(end.status, end.at, end.error ?? null, runId);
  }

  /** Those that nobody ended: after a start, the ones that a crash cut off. */
  open(): readonly StoredRun[] {
    return this.#open.all().map(runOf);
  }

  forgetSession(sessionKey: string): void {
    this.#forget.run(sessionKey);
  }
}
