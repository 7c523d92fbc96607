import { randomUUID } from "node:crypto";
import { AGENT_ID, MAIN_SESSION_KEY } from "../../agent/agent-id.ts";
import { isRecord } from "../../json.ts";
import type { SessionChange } from "../../store/sessions.ts";
import { anything, flag, list, nonEmpty, object, oneOf, text } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { invalid } from "../wire.ts";
import { method } from "./method.ts";
import { listSessions, sessionsListParams } from "./session-list.ts";
import { currentOf, freeLabel, knownModel, requireGeneration, resolvedOf } from "./session-rules.ts";
import { senderOf, submit } from "./submit.ts";

const label = text({ min: 1, max: 512 });

const describeParams = object(
  { key: nonEmpty },
  { includeDerivedTitles: flag, includeLastMessage: flag, agentId: nonEmpty },
);
const createParams = object(
  {},
  {
    key: nonEmpty,
    idempotencyKey: nonEmpty,
    agentId: nonEmpty,
    label,
    displayName: text({ min: 1, max: 500 }),
    titleSource: text({ max: 1_000 }),
    category: label,
    model: nonEmpty,
    message: text(),
    task: text(),
    attachments: list(anything, { max: 0 }),
    emitCommandHooks: flag,
    visibility: oneOf(["shared"]),
    parentSessionKey: nonEmpty,
    succeedsParent: flag,
  },
);
const deleteParams = object(
  { key: nonEmpty },
  {
    agentId: nonEmpty,
    deleteTranscript: flag,
    expectedSessionId: nonEmpty,
    emitLifecycleHooks: flag,
    archivedOnly: flag,
  },
);

/** The session index: list, look, make, change, delete. */
export const sessionMethods = [
  method({ name: "sessions.list", scope: "operator.read", params: sessionsListParams, call: listSessions }),
  method({
    name: "sessions.describe",
    scope: "operator.read",
    params: describeParams,
    call(params, { store, views }) {
      const session = store.sessions.get(canonicalSessionKey(params.key));
      return { session: session === undefined ? null : views.row(session, Date.now()) };
    },
  }),
  method({
    name: "sessions.create",
    scope: "operator.write",
    params: createParams,
    call(params, context, caller) {
      requireAgent(params.agentId);
      const key = canonicalSessionKey(params.key ?? `s-${randomUUID().slice(0, 8)}`);
      const { store, events, views } = context;
      const now = Date.now();
      const change: SessionChange = {
        ...(params.label === undefined ? {} : { label: freeLabel(params.label, key, context) }),
        ...(params.category === undefined ? {} : { category: params.category }),
        ...(params.model === undefined ? {} : { model: knownModel(params.model, context) }),
      };
      const session = store.transaction(() => {
        const created = store.sessions.ensure(key, AGENT_ID, now);
        if (Object.keys(change).length > 0) store.sessions.patch(key, change, now);
        return created;
      });
      events.changed(key, { reason: "create" });
      const message = params.message ?? params.task ?? "";
      const runId = params.idempotencyKey ?? randomUUID();
      const isStarted = message !== "";
      if (isStarted) submit({ sessionKey: key, runId, text: message, sender: senderOf(caller) }, context);
      return {
        ok: true,
        key,
        sessionId: session.sessionId,
        entry: views.row(currentOf(key, context), now),
        runStarted: isStarted,
        ...(isStarted ? { runId, status: "started" } : {}),
        resolved: resolvedOf(currentOf(key, context), context),
      };
    },
  }),
  method({
    name: "sessions.reset",
    scope: "operator.admin",
    params: object(
      { key: nonEmpty },
      { agentId: nonEmpty, reason: oneOf(["new", "reset"]), expectedSessionId: nonEmpty },
    ),
    call(params, context) {
      requireAgent(params.agentId);
      const key = canonicalSessionKey(params.key);
      const { store, runs, views } = context;
      const known = store.sessions.get(key);
      requireGeneration(key, known, { expected: params.expectedSessionId, what: "reset" });
      const now = Date.now();
      if (known === undefined) store.transaction(() => store.sessions.ensure(key, AGENT_ID, now));
      const session = runs.reset(key, params.reason ?? "reset") ?? currentOf(key, context);
      return { ok: true, key, entry: views.row(session, now), resolved: resolvedOf(session, context) };
    },
  }),
  method({
    name: "sessions.delete",
    scope: (params) => (isRecord(params) && params["archivedOnly"] === true ? "operator.write" : "operator.admin"),
    params: deleteParams,
    call(params, context) {
      requireAgent(params.agentId);
      const key = canonicalSessionKey(params.key);
      const { store, runs, events } = context;
      if (key === MAIN_SESSION_KEY) throw invalid(`Cannot delete the main session (${key}).`);
      const session = store.sessions.get(key);
      if (session === undefined) return { ok: true, key, deleted: false, archived: [] };
      requireGeneration(key, session, { expected: params.expectedSessionId, what: "deletion" });
      if (params.archivedOnly === true && session.archivedAt === undefined)
        throw invalid(`Session ${key} is not archived. Archive it first, then delete it.`);
      runs.abort(key, undefined, "session-deleted");
      store.transaction(() => {
        store.sessions.remove(key);
        store.runs.forgetSession(key);
        if (params.deleteTranscript !== false) store.transcripts.removeAll(session.sessionId);
      });
      events.deleted(key, session.sessionId);
      return { ok: true, key, deleted: true, archived: [] };
    },
  }),
];
