import type { LiveRun } from "./live-run.ts";
import { cut, showJson } from "./live-run.ts";
import type { MessageRow } from "./message-row.ts";
import type { OutboxEntry } from "./outbox.ts";
import type { ChatItem, QuestionItem, RunItem, RunStep } from "./transcript.ts";

/** What is persisted, grouped into questions and runs. Made once per change of the rows, not per delta. */
export interface PersistedItems {
  readonly items: readonly ChatItem[];
  /** By run id. */
  readonly runs: ReadonlyMap<string, PersistedRun>;
}

/** Pure: groups rows (in the Gateway's order). A run takes every row up to the next question, or its own run id. */
export function groupRows(rows: readonly MessageRow[]): PersistedItems {
  const items: (QuestionItem | PersistedRun)[] = [];
  const runs = new Map<string, PersistedRun>();
  let openRun: string | undefined;
  for (const row of rows) {
    if (row.role === "user") {
      openRun = row.runId;
      items.push(questionOf(row));
    } else if (row.role !== "other") {
      const runId: string = row.runId ?? openRun ?? row.id;
      openRun ??= runId;
      let run = runs.get(runId);
      if (run === undefined) {
        run = new PersistedRun(runId, row.at);
        runs.set(runId, run);
        items.push(run);
      }
      run.add(row);
    }
  }
  const built = items.map((item) => (item instanceof PersistedRun ? item.build(undefined) : item));
  return { items: built.filter((item) => !isEmpty(item)), runs };
}

/** A run that ended with nothing to show: what was asked went into another run, or nothing was to be said. */
const isEmpty = (item: ChatItem): boolean =>
  item.kind === "run" && item.status === "done" && item.text === "" && item.steps.length === 0;

export interface TranscriptSources {
  readonly persisted: PersistedItems;
  readonly live: ReadonlyMap<string, LiveRun>;
  /** Sends that no row confirms yet, in the order they were written. */
  readonly outbox: readonly OutboxEntry[];
}

/**
 * Pure: what a person sees, from what is persisted, what is running and what waits. A question stands once, whether it
 * comes from the outbox or from a row; a run stands once, whether it is live or persisted.
 */
export function buildItems({ persisted, live, outbox }: TranscriptSources): readonly ChatItem[] {
  const items = [...persisted.items];
  if (outbox.length > 0) {
    const confirmed = new Set(items.map(({ id }) => id));
    items.push(...outbox.filter(({ id }) => !confirmed.has(id)).map(questionOfEntry));
  }
  for (const run of live.values()) {
    const rows = persisted.runs.get(run.runId) ?? new PersistedRun(run.runId, run.startedAt);
    const item = rows.build(run);
    const at = items.findLastIndex(({ id }) => id === rows.itemId);
    if (at >= 0) items[at] = item;
    else if (!isEmpty(item)) insertAfterQuestion(items, item);
  }
  return items;
}

function insertAfterQuestion(items: ChatItem[], run: RunItem): void {
  const question = items.findLastIndex((item) => item.kind === "question" && item.id === run.runId);
  items.splice(question < 0 ? items.length : question + 1, 0, run);
}

function questionOf(row: MessageRow): QuestionItem {
  return { kind: "question", id: row.sendKey ?? row.id, text: row.text, at: row.at, delivery: "sent" };
}

function questionOfEntry(entry: OutboxEntry): QuestionItem {
  const { id, text, at, delivery, error } = entry;
  return { kind: "question", id, text, at, delivery, ...(error === undefined ? {} : { error }) };
}

/** The persisted rows of one run. */
export class PersistedRun {
  readonly #runId: string;
  readonly #startedAt: number;
  readonly #texts: string[] = [];
  readonly #steps = new Map<string, RunStep>();
  #endedAt: number | undefined;
  #error: string | undefined;
  #totalTokens: number | undefined;
  #costUsd: number | undefined;

  constructor(runId: string, startedAt: number) {
    this.#runId = runId;
    this.#startedAt = startedAt;
  }

  get itemId(): string {
    return `run:${this.#runId}`;
  }

  add(row: MessageRow): void {
    this.#endedAt = row.at;
    const text = row.text.replace(/^(?:[ \t]*\n)+/, "").trimEnd();
    if (row.role === "assistant" && text !== "") this.#texts.push(text);
    if (row.error !== undefined) this.#error = row.error;
    for (const call of row.toolCalls) {
      this.#steps.set(call.id, {
        id: call.id,
        tool: call.name,
        args: showJson(call.args),
        status: "ok",
        startedAt: row.at,
      });
    }
    if (row.toolResult !== undefined) this.#addResult(row.toolResult, row.at);
    if (row.totalTokens !== undefined) this.#totalTokens = row.totalTokens;
    if (row.costUsd !== undefined) this.#costUsd = (this.#costUsd ?? 0) + row.costUsd;
  }

  /** The run as an item; a live run lies over what is persisted. */
  build(live: LiveRun | undefined): RunItem {
    const error = live?.error ?? this.#error;
    const endedAt = live === undefined ? this.#endedAt : live.endedAt;
    return {
      kind: "run",
      id: this.itemId,
      runId: this.#runId,
      steps: this.#mergedSteps(live?.steps ?? []),
      text: joinText(this.#texts, live?.text ?? ""),
      status: live?.status ?? (this.#error === undefined ? "done" : "error"),
      startedAt: live?.startedAt ?? this.#startedAt,
      ...(error === undefined ? {} : { error }),
      ...(endedAt === undefined ? {} : { endedAt }),
      ...(this.#totalTokens === undefined ? {} : { totalTokens: this.#totalTokens }),
      ...(this.#costUsd === undefined ? {} : { costUsd: this.#costUsd }),
    };
  }

  /** Keeps the live list itself when nothing is persisted, so that a delta leaves the steps untouched. */
  #mergedSteps(live: readonly RunStep[]): readonly RunStep[] {
    if (this.#steps.size === 0) return live;
    if (live.length === 0) return [...this.#steps.values()];
    const steps = new Map(this.#steps);
    for (const step of live) steps.set(step.id, { ...steps.get(step.id), ...step });
    return [...steps.values()];
  }

  #addResult(result: NonNullable<MessageRow["toolResult"]>, at: number): void {
    const step = this.#steps.get(result.callId) ?? {
      id: result.callId,
      tool: result.name,
      args: "",
      status: "ok",
      startedAt: at,
    };
    const ms = Math.max(0, at - step.startedAt);
    this.#steps.set(result.callId, { ...step, result: cut(result.text), status: result.isError ? "error" : "ok", ms });
  }
}

/**
 * Persisted texts and the live text may overlap: a Gateway repeats in its deltas what it has persisted, persists what its
 * next delta will only tell, or starts a new piece after a tool. Nothing may stand twice, nor out of its order.
 */
function joinText(persisted: readonly string[], live: string): string {
  const joined = persisted.join("\n\n");
  if (live === "" || persisted.includes(live) || joined.endsWith(live) || joined.startsWith(live)) return joined;
  if (live.startsWith(joined)) return live;
  const last = persisted.at(-1) ?? "";
  const whole = caughtUp(live, last);
  const before = live.startsWith(last) ? persisted.slice(0, -1) : persisted;
  return [...before.filter((text) => !hasPiece(whole, text)), whole].join("\n\n");
}

/** The live text, with the persisted one in the place of those last paragraphs that it is the whole of. */
function caughtUp(live: string, last: string): string {
  for (let at = 0; at < live.length;) {
    const isShorter = live.length - at <= last.length;
    if (isShorter && last.startsWith(live.slice(at))) return live.slice(0, at) + last;
    const end = live.indexOf("\n\n", at);
    at = end < 0 ? live.length : end + 2;
  }
  return live;
}

/** Whether a text stands in another as whole paragraphs. */
const hasPiece = (whole: string, text: string): boolean => `\n\n${whole}\n\n`.includes(`\n\n${text}\n\n`);
