import { asNumber, asString, type JsonObject } from "../gateway/json.ts";
import type { HistoryPage } from "./history.ts";
import { buildItems, groupRows, type PersistedItems } from "./items.ts";
import { applyAgentEvent, applyChatEvent, type LiveRun, newLiveRun } from "./live-run.ts";
import { type MessageRow, readMessageRow } from "./message-row.ts";
import type { OutboxEntry } from "./outbox.ts";
import type { ChatItem } from "./transcript.ts";

/** Which runs were going when a read of history was asked for; later ones are not its business. */
export type HistoryMark = ReadonlySet<string>;

/** What one session is made of: persisted rows and live runs, merged. No input or output of its own. */
export class TranscriptModel {
  readonly #now: () => number;
  readonly #rows = new Map<string, MessageRow>();
  readonly #live = new Map<string, LiveRun>();
  /** Rows that events brought while a page of history was on its way. */
  readonly #arrived = new Set<string>();
  #persisted: PersistedItems = groupRows([]);

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A run of this session is going. */
  get running(): boolean {
    return [...this.#live.values()].some(({ status }) => status === "streaming");
  }

  isLive(runId: string): boolean {
    return this.#live.has(runId);
  }

  items(outbox: readonly OutboxEntry[]): readonly ChatItem[] {
    return buildItems({ persisted: this.#persisted, live: this.#live, outbox });
  }

  /** Call before history is asked for. */
  markHistory(): HistoryMark {
    this.#arrived.clear();
    return new Set([...this.#live.values()].filter(({ status }) => status === "streaming").map(({ runId }) => runId));
  }

  /**
   * Takes the newest page in. Rows that the page should have and has not were rewound or reset; older ones stay.
   * @returns whether older rows than the page are still held
   */
  takeNewestPage(page: HistoryPage, mark: HistoryMark): { keptEarlier: boolean } {
    const oldest = page.rows[0]?.seq ?? 0;
    const keptEarlier = [...this.#rows.values()].some(({ seq }) => seq < oldest);
    for (const row of this.#rows.values()) {
      if (row.seq >= oldest && !this.#arrived.has(row.id)) this.#rows.delete(row.id);
    }
    this.putRows(page.rows);
    this.#closeRuns(page, mark);
    this.#adoptRun(page);
    return { keptEarlier };
  }

  putRows(rows: readonly MessageRow[]): void {
    for (const row of rows) this.#rows.set(row.id, row);
    this.#persisted = groupRows([...this.#rows.values()].sort((a, b) => a.seq - b.seq));
  }

  /** A send was acknowledged: its run is expected from now on. */
  expectRun(runId: string): void {
    if (!this.#live.has(runId)) this.#live.set(runId, newLiveRun(runId, this.#now()));
  }

  /** @returns whether this event ended the run */
  takeRunEvent(event: "chat" | "agent", payload: JsonObject): { ended: boolean } {
    const runId = asString(payload["runId"]);
    if (runId === undefined) return { ended: false };
    const before = this.#live.get(runId) ?? newLiveRun(runId, this.#now());
    const after = (event === "chat" ? applyChatEvent : applyAgentEvent)(before, payload, this.#now());
    this.#live.set(runId, after);
    return { ended: before.status === "streaming" && after.status !== "streaming" };
  }

  /** @returns the row of a `session.message` payload, now part of the transcript */
  takeMessage(payload: JsonObject): MessageRow | undefined {
    const id = asString(payload["messageId"]);
    const seq = asNumber(payload["messageSeq"]) ?? Math.max(0, ...[...this.#rows.values()].map((row) => row.seq)) + 1;
    const row = readMessageRow(payload["message"], id === undefined ? { seq } : { seq, id });
    if (row === undefined) return undefined;
    this.#arrived.add(row.id);
    this.putRows([row]);
    const live = row.runId === undefined ? undefined : this.#live.get(row.runId);
    // What a Gateway tells of a run goes on after this piece, or has it in its middle.
    if (live !== undefined && row.role === "assistant" && row.text !== "" && live.text === row.text) {
      this.#live.set(live.runId, { ...live, text: "" });
    }
    return row;
  }

  #closeRuns(page: HistoryPage, mark: HistoryMark): void {
    for (const runId of mark) {
      const goesOn = page.activeRunIds === undefined ? page.hasActiveRun : page.activeRunIds.includes(runId);
      if (runId !== page.inFlight?.runId && !goesOn) this.#live.delete(runId);
    }
    for (const run of this.#live.values()) {
      const answered = [...this.#rows.values()].some(({ role, runId }) => role === "assistant" && runId === run.runId);
      if (run.status !== "streaming" && answered) this.#live.set(run.runId, { ...run, text: "" });
    }
  }

  #adoptRun({ inFlight }: HistoryPage): void {
    if (inFlight === undefined) return;
    const known = this.#live.get(inFlight.runId) ?? newLiveRun(inFlight.runId, this.#now());
    if (known.status !== "streaming") return;
    const text = inFlight.text.length >= known.text.length ? inFlight.text : known.text;
    this.#live.set(known.runId, { ...known, text });
  }
}
