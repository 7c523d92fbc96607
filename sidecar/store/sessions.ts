import type { DatabaseSync, StatementSync } from "node:sqlite";
import { randomUUID } from "node:crypto";
import { type Row, intOf, optionalInt, optionalText, textOf } from "./rows.ts";

/** What a session's last run came to; undefined before the first. */
export type SessionStatus = "running" | "done" | "failed" | "killed";

/** One row of the session index. Times are milliseconds since the epoch. */
export interface Session {
  readonly key: string;
  readonly sessionId: string;
  readonly agentId: string;
  readonly label: string | undefined;
  readonly category: string | undefined;
  readonly icon: string | undefined;
  readonly color: string | undefined;
  /** `provider/model` when it differs from the default. */
  readonly model: string | undefined;
  /** The start of the first question. */
  readonly title: string | undefined;
  /** The start of the last message. */
  readonly preview: string | undefined;
  readonly archivedAt: number | undefined;
  readonly pinnedAt: number | undefined;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly lastInputAt: number | undefined;
  readonly lastReadAt: number | undefined;
  readonly unread: boolean;
  readonly status: string | undefined;
  readonly lastRunId: string | undefined;
  readonly lastError: string | undefined;
  readonly runStartedAt: number | undefined;
  readonly runEndedAt: number | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  /** What the model is shown in place of the messages up to `summarySeq`; empty shows it nothing of them. */
  readonly summary: string | undefined;
  readonly summarySeq: number | undefined;
}

/** What a client may change; null clears. */
export interface SessionChange {
  readonly label?: string | null;
  readonly category?: string | null;
  readonly icon?: string | null;
  readonly color?: string | null;
  readonly model?: string | null;
  readonly archived?: boolean;
  readonly pinned?: boolean;
  readonly unread?: boolean;
}

export interface SessionQuery {
  readonly limit: number;
  readonly offset: number;
  readonly archived: boolean | "all";
  /** Matches label, title and key. */
  readonly search?: string;
  readonly label?: string;
  /** Only those touched since, milliseconds since the epoch. */
  readonly since?: number;
}

function sessionOf(row: Row): Session {
  return {
    key: textOf(row, "key"),
    sessionId: textOf(row, "session_id"),
    agentId: textOf(row, "agent_id"),
    label: optionalText(row, "label"),
    category: optionalText(row, "category"),
    icon: optionalText(row, "icon"),
    color: optionalText(row, "color"),
    model: optionalText(row, "model"),
    title: optionalText(row, "title"),
    preview: optionalText(row, "preview"),
    archivedAt: optionalInt(row, "archived_at"),
    pinnedAt: optionalInt(row, "pinned_at"),
    createdAt: intOf(row, "created_at"),
    updatedAt: intOf(row, "updated_at"),
    lastInputAt: optionalInt(row, "last_input_at"),
    lastReadAt: optionalInt(row, "last_read_at"),
    unread: intOf(row, "unread") === 1,
    status: optionalText(row, "status"),
    lastRunId: optionalText(row, "last_run_id"),
    lastError: optionalText(row, "last_error"),
    runStartedAt: optionalInt(row, "run_started_at"),
    runEndedAt: optionalInt(row, "run_ended_at"),
    inputTokens: intOf(row, "input_tokens"),
    outputTokens: intOf(row, "output_tokens"),
    totalTokens: intOf(row, "total_tokens"),
    summary: optionalText(row, "summary"),
    summarySeq: optionalInt(row, "summary_seq"),
  };
}

const FILTER = `
  (:archived = 2 OR (archived_at IS NOT NULL) = :archived)
  AND (:search IS NULL OR instr(lower(coalesce(label, '') || ' ' || coalesce(title, '') || ' ' || key), :search) > 0)
  AND (:label IS NULL OR label = :label)
  AND updated_at >= :since`;

/** The session index: which conversations exist, and what is known about each without reading its transcript. */
export class SessionStore {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  #sql(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  get(key: string): Session | undefined {
    const row = this.#sql("SELECT * FROM sessions WHERE key = ?").get(key);
    return row === undefined ? undefined : sessionOf(row);
  }

  /** Pinned first, then the most recently touched. */
  list(query: SessionQuery): { readonly rows: readonly Session[]; readonly total: number } {
    const filter = {
      archived: query.archived === "all" ? 2 : Number(query.archived),
      search: query.search === undefined || query.search === "" ? null : query.search.toLowerCase(),
      label: query.label ?? null,
      since: query.since ?? 0,
    };
    const rows = this.#sql(
      `SELECT * FROM sessions WHERE ${FILTER} ORDER BY pinned_at IS NULL, updated_at DESC, key LIMIT :limit OFFSET :offset`,
    ).all({ ...filter, limit: query.limit, offset: query.offset });
    const total = this.#sql(`SELECT count(*) AS n FROM sessions WHERE ${FILTER}`).get(filter) ?? {};
    return { rows: rows.map(sessionOf), total: intOf(total, "n") };
  }

  /** The session of this key, made when it is not there. */
  ensure(key: string, agentId: string, now: number): Session {
    this.#sql(
      "INSERT INTO sessions (key, session_id, agent_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
    ).run(key, randomUUID(), agentId, now, now);
    const session = this.get(key);
    if (session === undefined) throw new Error("The session that was just written is not there");
    return session;
  }

  labelTaken(label: string, exceptKey: string): boolean {
    return this.#sql("SELECT 1 FROM sessions WHERE label = ? AND key <> ?").get(label, exceptKey) !== undefined;
  }

  patch(key: string, change: SessionChange, now: number): void {
    const values: Record<string, string | number | null> = {};
    for (const column of ["label", "category", "icon", "color", "model"] as const) {
      const value = change[column];
      if (value !== undefined) values[column] = value;
    }
    if (change.archived !== undefined) values["archived_at"] = change.archived ? now : null;
    if (change.pinned !== undefined) values["pinned_at"] = change.pinned ? now : null;
    if (change.unread !== undefined) {
      values["unread"] = change.unread ? 1 : 0;
      if (!change.unread) values["last_read_at"] = now;
    } else {
      values["updated_at"] = now;
    }
    const columns = Object.keys(values);
    this.#sql(`UPDATE sessions SET ${columns.map((c) => `${c} = :${c}`).join(", ")} WHERE key = :key`).run({
      ...values,
      key,
    });
  }

  /** A question came in; the first one names the session. A command has no title. */
  noteInput(key: string, input: { readonly title: string | undefined; readonly runId: string }, now: number): void {
    this.#sql(
      `UPDATE sessions SET title = coalesce(title, ?), preview = coalesce(?, preview), last_input_at = ?, updated_at = ?, unread = 0,
         status = 'running', last_run_id = ?, last_error = NULL, run_started_at = ?, run_ended_at = NULL, archived_at = NULL
       WHERE key = ?`,
    ).run(input.title ?? null, input.title ?? null, now, now, input.runId, now, key);
  }

  /** From now on the summary stands for the messages up to `seq`, unless the session was started over meanwhile. */
  setSummary(sessionId: string, what: { readonly summary: string; readonly seq: number }): void {
    this.#sql("UPDATE sessions SET summary = ?, summary_seq = ? WHERE session_id = ?").run(
      what.summary,
      what.seq,
      sessionId,
    );
  }

  /** A message was put in that no run has made. */
  noteMessage(key: string, preview: string, now: number): void {
    this.#sql("UPDATE sessions SET preview = ?, updated_at = ?, unread = 1 WHERE key = ?").run(preview, now, key);
  }

  /** The run of a session ended. `preview` undefined leaves the last one. */
  noteRunEnd(
    key: string,
    end: {
      readonly status: SessionStatus;
      readonly preview?: string;
      readonly error?: string;
      readonly inputTokens?: number;
      readonly outputTokens?: number;
    },
    now: number,
  ): void {
    const input = end.inputTokens ?? 0;
    const output = end.outputTokens ?? 0;
    this.#sql(
      `UPDATE sessions SET status = ?, preview = coalesce(?, preview), last_error = ?, run_ended_at = ?, updated_at = ?, unread = 1,
         input_tokens = CASE WHEN ? > 0 THEN ? ELSE input_tokens END, output_tokens = CASE WHEN ? > 0 THEN ? ELSE output_tokens END,
         total_tokens = CASE WHEN ? > 0 THEN ? ELSE total_tokens END
       WHERE key = ?`,
    ).run(
      end.status,
      end.preview ?? null,
      end.error ?? null,
      now,
      now,
      input,
      input,
      output,
      output,
      input,
      input + output,
      key,
    );
  }

  /** Starts the session over: a new transcript under the same key. The old one stays under its session id. */
  reset(key: string, now: number): Session {
    this.#sql(
      `UPDATE sessions SET session_id = ?, title = NULL, preview = NULL, status = NULL, last_run_id = NULL, last_error = NULL,
         run_started_at = NULL, run_ended_at = NULL, input_tokens = 0, output_tokens = 0, total_tokens = 0,
         summary = NULL, summary_seq = NULL, updated_at = ?
       WHERE key = ?`,
    ).run(randomUUID(), now, key);
    const session = this.get(key);
    if (session === undefined) throw new Error("A session that is not there cannot be reset");
    return session;
  }

  /** Removes the index row; returns whether there was one. */
  remove(key: string): boolean {
    return this.#sql("DELETE FROM sessions WHERE key = ?").run(key).changes === 1;
  }
}
