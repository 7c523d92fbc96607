import { asNumber, asObject, asString, asArray } from "../gateway/json.ts";
import type { QuestionItem } from "./transcript.ts";

/** A question that no transcript row confirms yet. */
export interface OutboxEntry {
  /** The idempotency key of the send, and so its run id. */
  readonly id: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly delivery: QuestionItem["delivery"];
  readonly error?: string;
}

/** Keeps the outbox over a reload of the window. Writes are fire and forget; the last one wins. */
export interface OutboxStorage {
  load(): unknown;
  save(entries: readonly OutboxEntry[]): void;
}

/** The writes of one session that are not confirmed yet, in order. Every change is saved before anything is sent. */
export class Outbox {
  readonly #storage: OutboxStorage | undefined;
  #entries: readonly OutboxEntry[];

  constructor(storage: OutboxStorage | undefined) {
    this.#storage = storage;
    this.#entries = readEntries(storage?.load());
  }

  get entries(): readonly OutboxEntry[] {
    return this.#entries;
  }

  add(entry: OutboxEntry): void {
    this.#set([...this.#entries, entry]);
  }

  mark(id: string, delivery: OutboxEntry["delivery"], error?: string): void {
    this.#set(
      this.#entries.map((entry) => {
        if (entry.id !== id) return entry;
        const { text, at } = entry;
        return { id, text, at, delivery, ...(error === undefined ? {} : { error }) };
      }),
    );
  }

  remove(ids: ReadonlySet<string>): void {
    if (this.#entries.some(({ id }) => ids.has(id))) this.#set(this.#entries.filter(({ id }) => !ids.has(id)));
  }

  /** What has to go out (again), oldest first: never sent, or sent without an answer. */
  get unacknowledged(): readonly OutboxEntry[] {
    return this.#entries.filter(({ delivery }) => delivery === "queued" || delivery === "waiting");
  }

  #set(entries: readonly OutboxEntry[]): void {
    this.#entries = entries;
    this.#storage?.save(entries);
  }
}

function readEntries(value: unknown): readonly OutboxEntry[] {
  return asArray(value).flatMap((item) => {
    const entry = asObject(item);
    const id = asString(entry["id"]);
    const text = asString(entry["text"]);
    if (id === undefined || text === undefined) return [];
    const delivery = readDelivery(entry["delivery"]);
    const error = asString(entry["error"]);
    return [{ id, text, at: asNumber(entry["at"]) ?? 0, delivery, ...(error === undefined ? {} : { error }) }];
  });
}

function readDelivery(value: unknown): OutboxEntry["delivery"] {
  return value === "queued" || value === "failed" || value === "sent" ? value : "waiting";
}
