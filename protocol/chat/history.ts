import { asArray, asBoolean, asNumber, asObject, asString, asStrings } from "../gateway/json.ts";
import { type MessageRow, readMessageRow } from "./message-row.ts";

/** One answer to `chat.history` (or `chat.startup`), read tolerantly. */
export interface HistoryPage {
  /** Oldest first. */
  readonly rows: readonly MessageRow[];
  /** `offset` of the next older page; undefined when there is none. */
  readonly nextOffset: number | undefined;
  /** The run whose answer is being written right now, with its text so far. */
  readonly inFlight: { readonly runId: string; readonly text: string } | undefined;
  /** Exact ids of the runs that are going, when the Gateway knows them all. */
  readonly activeRunIds: readonly string[] | undefined;
  readonly hasActiveRun: boolean;
}

export function readHistory(payload: unknown): HistoryPage {
  const page = asObject(payload);
  const messages = asArray(page["messages"]);
  const info = asObject(page["sessionInfo"]);
  const inFlight = asObject(page["inFlightRun"]);
  const runId = asString(inFlight["runId"]);
  return {
    rows: whole(messages.flatMap((message, index) => readMessageRow(message, { seq: index + 1 }) ?? [])).sort(
      (a, b) => a.seq - b.seq,
    ),
    nextOffset: page["hasMore"] === true ? asNumber(page["nextOffset"]) : undefined,
    inFlight: runId === undefined ? undefined : { runId, text: asString(inFlight["text"]) ?? "" },
    activeRunIds: Array.isArray(info["activeRunIds"]) ? asStrings(info["activeRunIds"]) : undefined,
    hasActiveRun: asBoolean(info["hasActiveRun"]) ?? runId !== undefined,
  };
}

/** OpenClaw shows one message as several rows of one id: what was said, and the tools that were called with it. */
function whole(rows: readonly MessageRow[]): MessageRow[] {
  const byId = new Map<string, MessageRow>();
  for (const row of rows) {
    const before = byId.get(row.id);
    byId.set(row.id, before === undefined ? row : joined(before, row));
  }
  return [...byId.values()];
}

function joined(first: MessageRow, second: MessageRow): MessageRow {
  const text = [first.text, second.text].filter((part) => part !== "").join("\n\n");
  return { ...first, ...second, text, toolCalls: [...first.toolCalls, ...second.toolCalls] };
}
