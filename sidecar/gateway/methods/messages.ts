import { randomUUID } from "node:crypto";
import { injectMessage } from "../../agent/inject.ts";
import { anything, integer, list, nonEmpty, object, text } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { messageView } from "../views.ts";
import { invalid } from "../wire.ts";
import { method } from "./method.ts";
import { searchMessages, searchParams } from "./session-search.ts";
import { senderOf, submit } from "./submit.ts";

const MAX_PREVIEWS = 100;
const PREVIEW_ITEMS = 12;
const PREVIEW_CHARS = 240;

/** Single messages of a session: read, put in, send, find. */
export const messageMethods = [
  method({
    name: "chat.message.get",
    scope: "operator.read",
    params: object(
      { sessionKey: nonEmpty, messageId: nonEmpty },
      { agentId: nonEmpty, maxChars: integer({ min: 1, max: 2_000_000 }) },
    ),
    call(params, { store }) {
      requireAgent(params.agentId);
      const session = store.sessions.get(canonicalSessionKey(params.sessionKey));
      const message = session && store.transcripts.get(session.sessionId, params.messageId);
      if (message === undefined) return { ok: false, unavailableReason: "not_found" };
      const { maxChars } = params;
      return { ok: true, message: messageView(message, maxChars === undefined ? {} : { maxChars }) };
    },
  }),
  method({
    name: "chat.inject",
    scope: "operator.admin",
    params: object(
      { sessionKey: nonEmpty, message: text({ min: 1, max: 1_000_000 }) },
      { agentId: nonEmpty, label: text({ max: 100 }) },
    ),
    call(params, { runs }) {
      requireAgent(params.agentId);
      const label = params.label?.trim() ?? "";
      const sessionKey = canonicalSessionKey(params.sessionKey);
      const said = label === "" ? params.message : `[${label}]\n\n${params.message}`;
      const messageId = injectMessage({ sessionKey, text: said }, runs.options);
      if (messageId === undefined) throw invalid("session not found");
      return { ok: true, messageId };
    },
  }),
  method({
    name: "sessions.send",
    scope: "operator.write",
    params: object(
      { key: nonEmpty, message: text() },
      {
        agentId: nonEmpty,
        thinking: text(),
        attachments: list(anything, { max: 0 }),
        timeoutMs: integer({ min: 0 }),
        idempotencyKey: text({ min: 1, max: 256 }),
      },
    ),
    call(params, context, caller) {
      requireAgent(params.agentId);
      const sessionKey = canonicalSessionKey(params.key);
      if (context.store.sessions.get(sessionKey) === undefined) throw invalid(`session not found: ${params.key}`);
      const runId = params.idempotencyKey ?? randomUUID();
      return submit({ sessionKey, runId, text: params.message, sender: senderOf(caller) }, context);
    },
  }),
  method({
    name: "sessions.abort",
    scope: "operator.write",
    params: object({}, { key: nonEmpty, runId: nonEmpty, agentId: nonEmpty, clearQueued: anything }),
    call({ key, runId, agentId }, { runs }) {
      requireAgent(agentId);
      if (key === undefined && runId === undefined) throw invalid("key required");
      const run = runs.active.all().find((active) => active.runId === runId);
      const sessionKey = key === undefined ? run?.sessionKey : canonicalSessionKey(key);
      const [aborted] = sessionKey === undefined ? [] : runs.abort(sessionKey, runId, "rpc");
      return { ok: true, abortedRunId: aborted ?? null, status: aborted === undefined ? "no-active-run" : "aborted" };
    },
  }),
  method({ name: "sessions.search", scope: "operator.read", params: searchParams, call: searchMessages }),
  method({
    name: "sessions.preview",
    scope: "operator.read",
    params: object(
      { keys: list(nonEmpty, { max: MAX_PREVIEWS }) },
      { limit: integer({ min: 1 }), maxChars: integer({ min: 20 }), agentId: nonEmpty },
    ),
    call({ keys, limit = PREVIEW_ITEMS, maxChars = PREVIEW_CHARS }, { store }) {
      const previews = keys.map((key) => {
        const session = store.sessions.get(canonicalSessionKey(key));
        if (session === undefined) return { key, status: "missing", items: [] };
        const items = store.transcripts
          .page(session.sessionId, Math.min(limit, 50), 0)
          .toReversed()
          .map((message) => ({ role: message.role, text: store.transcripts.textOf(message).slice(0, maxChars) }));
        return { key, status: items.length === 0 ? "empty" : "ok", items };
      });
      return { ts: Date.now(), previews };
    },
  }),
];
