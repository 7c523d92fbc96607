import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isRecord } from "../json.ts";
import { type Row, intOf, optionalText, textOf } from "./rows.ts";

/** A message as it is stored and sent; `body` is the wire object without `__openclaw`. */
export interface StoredMessage {
  readonly id: string;
  readonly sessionId: string;
  /** 1 for the first of its session, without gaps. */
  readonly seq: number;
  readonly runId: string | undefined;
  readonly role: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
}

export interface NewMessage {
  readonly id: string;
  readonly sessionId: string;
  readonly runId?: string;
  readonly role: "user" | "assistant";
  readonly body: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
}

function messageOf(row: Row): StoredMessage {
  const body: unknown = JSON.parse(textOf(row, "body"));
  return {
    id: textOf(row, "id"),
    sessionId: textOf(row, "session_id"),
    seq: intOf(row, "seq"),
    runId: optionalText(row, "run_id"),
    role: textOf(row, "role"),
    body: isRecord(body) ? body : {},
    createdAt: intOf(row, "created_at"),
  };
}

function visibleText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((block: unknown) => (isRecord(block) && typeof block["text"] === "string" ? block["text"] : ""))
    .join("");
}

/** The transcripts: append-only lists of messages, one a session id. */
export class TranscriptStore {
  readonly #insert: StatementSync;
  readonly #page: StatementSync;
  readonly #count: StatementSync;
  readonly #seqOf: StatementSync;
  readonly #delete: StatementSync;
  readonly #byId: StatementSync;
  readonly #answer: StatementSync;
  readonly #sessions: StatementSync;
  readonly #newest: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare(
      `INSERT INTO messages (session_id, seq, id, run_id, role, body, created_at)
       VALUES (:sessionId, (SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE session_id = :sessionId), :id, :runId, :role, :body, :createdAt)
       RETURNING *`,
    );
    this.#page = db.prepare("SELECT * FROM messages WHERE session_id = ? ORDER BY seq DESC LIMIT ? OFFSET ?");
    this.#count = db.prepare("SELECT coalesce(max(seq), 0) AS n FROM messages WHERE session_id = ?");
    this.#seqOf = db.prepare("SELECT seq FROM messages WHERE session_id = ? AND id = ?");
    this.#delete = db.prepare("DELETE FROM messages WHERE session_id = ?");
    this.#byId = db.prepare("SELECT * FROM messages WHERE session_id = ? AND id = ?");
    this.#answer = db.prepare(
      "SELECT * FROM messages WHERE session_id = ? AND run_id = ? AND role = 'assistant' ORDER BY seq DESC LIMIT 1",
    );
    this.#sessions = db.prepare("SELECT key, session_id FROM sessions ORDER BY updated_at DESC, key");
    this.#newest = db.prepare("SELECT * FROM messages WHERE session_id = ? ORDER BY seq DESC");
  }

  /** Appends and returns it with its position. Committed with the transaction around it. */
  append(message: NewMessage): StoredMessage {
    const row = this.#insert.get({ ...message, runId: message.runId ?? null, body: JSON.stringify(message.body) });
    if (row === undefined) throw new Error("The message that was just written is not there");
    return messageOf(row);
  }

  /** `limit` messages, oldest first, after leaving out the `offset` newest. */
  page(sessionId: string, limit: number, offset: number): readonly StoredMessage[] {
    return this.#page.all(sessionId, limit, offset).map(messageOf).reverse();
  }

  count(sessionId: string): number {
    return intOf(this.#count.get(sessionId) ?? {}, "n");
  }

  /** The position of a message, or undefined when this session has none of that id. */
  seqOf(sessionId: string, messageId: string): number | undefined {
    const row = this.#seqOf.get(sessionId, messageId);
    return row === undefined ? undefined : intOf(row, "seq");
  }

  /** A message of this session, undefined when it has none of that id. */
  get(sessionId: string, messageId: string): StoredMessage | undefined {
    const row = this.#byId.get(sessionId, messageId);
    return row === undefined ? undefined : messageOf(row);
  }

  /** What a run has answered, undefined when it has not. */
  answerOf(sessionId: string, runId: string): StoredMessage | undefined {
    const row = this.#answer.get(sessionId, runId);
    return row === undefined ? undefined : messageOf(row);
  }

  /** Every message of every session, read one by one: the session that was touched last first, and its end first. */
  *newestFirst(): IterableIterator<{ readonly sessionKey: string; readonly message: StoredMessage }> {
    // Session by session: one query over both tables would have to sort before it gives the first row.
    for (const session of this.#sessions.all()) {
      const sessionKey = textOf(session, "key");
      for (const row of this.#newest.iterate(textOf(session, "session_id")))
        yield { sessionKey, message: messageOf(row) };
    }
  }

  /** What a message says, without what a person does not see. */
  textOf({ body }: StoredMessage): string {
    return visibleText(body["content"]);
  }

  removeAll(sessionId: string): void {
    this.#delete.run(sessionId);
  }
}
