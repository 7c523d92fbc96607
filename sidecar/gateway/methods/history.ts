import type { StoredMessage } from "../../store/transcripts.ts";
import { type Schema, anything, integer, list, nonEmpty, object, text } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { messageView } from "../views.ts";
import { commandEntries, metadataOf } from "./agents.ts";
import { type MethodContext, method } from "./method.ts";

const DEFAULT_LIMIT = 200;
/** Bytes of messages in one page; one message may be larger and then comes alone. */
const MAX_PAGE_BYTES = 6 * 1024 * 1024;

const historyParams = object(
  { sessionKey: nonEmpty },
  {
    agentId: nonEmpty,
    cursor: text(),
    limit: integer({ min: 1, max: 1000 }),
    offset: integer({ min: 0 }),
    pendingBefore: integer({ min: 1 }),
    inputRunIds: list(text({ min: 1, max: 256 }), { max: 50 }),
    messageId: nonEmpty,
    sessionId: nonEmpty,
    maxChars: integer({ min: 1, max: 500_000 }),
    maxBytes: integer({ min: 1 }),
  },
);
type HistoryParams = typeof historyParams extends Schema<infer T> ? T : never;

/** The transcript, page by page from its end. */
export const historyMethods = [
  method({
    name: "chat.history",
    scope: "operator.read",
    params: historyParams,
    call: (params, context) => readHistory(params, context),
  }),
  method({
    name: "chat.startup",
    scope: "operator.read",
    params: historyParams,
    call(params, context) {
      const key = canonicalSessionKey(params.sessionKey);
      return { ...readHistory(params, context), metadata: metadataOf(key, context) };
    },
  }),
  method({
    name: "chat.metadata",
    scope: "operator.read",
    params: object({}, { agentId: nonEmpty, sessionKey: nonEmpty }),
    call(params, context) {
      requireAgent(params.agentId);
      return metadataOf(params.sessionKey === undefined ? undefined : canonicalSessionKey(params.sessionKey), context);
    },
  }),
  method({
    name: "commands.list",
    scope: "operator.read",
    params: anything,
    call: () => ({ commands: commandEntries() }),
  }),
];

function readHistory(params: HistoryParams, context: MethodContext): Readonly<Record<string, unknown>> {
  requireAgent(params.agentId);
  // We hand out no cursors, so one that comes is somebody else's: start over with a page.
  if (params.cursor !== undefined) return { kind: "reset" };
  const key = canonicalSessionKey(params.sessionKey);
  const { store, runs, views } = context;
  const now = Date.now();
  const session = store.sessions.get(key);
  const shared = { pendingInputs: { items: [], total: 0 }, defaults: views.defaults() };
  if (session === undefined) {
    const sessionInfo = { ...views.blank(key, now), activeLeafEntryId: null };
    return { sessionKey: params.sessionKey, messages: [], hasMore: false, totalMessages: 0, ...shared, sessionInfo };
  }
  const { sessionId } = session;
  const total = store.transcripts.count(sessionId);
  const limit = params.limit ?? DEFAULT_LIMIT;
  const offset = offsetOf(params, {
    total,
    limit,
    seq: params.messageId && store.transcripts.seqOf(sessionId, params.messageId),
  });
  const page = fit(store.transcripts.page(sessionId, limit, offset), params);
  const next = offset + page.length;
  const run = runs.active.first(key);
  const leaf = store.transcripts.page(sessionId, 1, 0)[0];
  return {
    // As it was asked for; `sessionInfo.key` is the canonical one.
    sessionKey: params.sessionKey,
    sessionId,
    messages: page,
    ...(params.offset === undefined && params.messageId === undefined ? {} : { offset }),
    ...(next < total ? { nextOffset: next } : {}),
    hasMore: next < total,
    totalMessages: total,
    ...shared,
    sessionInfo: { ...views.row(session, now), activeLeafEntryId: leaf?.id ?? null },
    // Its seq tells a client which of the events that it hears are already in the text.
    ...(run === undefined
      ? {}
      : { inFlightRun: { runId: run.runId, text: run.text, startedAt: run.startedAt, seq: run.seq } }),
  };
}

function offsetOf(
  params: HistoryParams,
  at: { total: number; limit: number; seq: number | string | undefined },
): number {
  if (typeof at.seq !== "number") return params.offset ?? 0;
  return Math.max(0, at.total - at.seq - Math.floor(at.limit / 2));
}

/** The newest of the page that fit its budget, at least one. */
function fit(messages: readonly StoredMessage[], params: HistoryParams): readonly Readonly<Record<string, unknown>>[] {
  let budget = Math.min(params.maxBytes ?? MAX_PAGE_BYTES, MAX_PAGE_BYTES);
  const out: Readonly<Record<string, unknown>>[] = [];
  for (const message of messages.toReversed()) {
    const view = messageView(message, params.maxChars === undefined ? {} : { maxChars: params.maxChars });
    budget -= Buffer.byteLength(JSON.stringify(view));
    if (budget < 0 && out.length > 0) break;
    out.push(view);
  }
  return out.reverse();
}
