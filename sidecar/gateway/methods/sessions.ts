import { randomUUID } from "node:crypto";
import { AGENT_ID } from "../../agent/agent-id.ts";
import { isRecord } from "../../json.ts";
import type { Session, SessionChange } from "../../store/sessions.ts";
import { anything, flag, integer, list, nonEmpty, nullable, object, oneOf, text } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { invalid, unavailable } from "../wire.ts";
import { type MethodContext, method } from "./method.ts";
import { listSessions, sessionsListParams } from "./session-list.ts";
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
const patchParams = object(
  { key: nonEmpty },
  {
    agentId: nonEmpty,
    expectedSessionId: nonEmpty,
    label: nullable(label),
    category: nullable(label),
    icon: nullable(text({ max: 64 })),
    color: nullable(text({ max: 64 })),
    model: nullable(nonEmpty),
    archived: flag,
    pinned: flag,
    unread: flag,
    expectedMarkedUnreadAt: nullable(integer({ min: 0 })),
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
        ...(isStarted ? { runId } : {}),
      };
    },
  }),
  method({
    name: "sessions.patch",
    scope: "operator.write",
    params: patchParams,
    call(params, context) {
      requireAgent(params.agentId);
      const key = canonicalSessionKey(params.key);
      const { store, events, views, catalog } = context;
      const known = store.sessions.get(key);
      requireGeneration(known, params.expectedSessionId);
      const change: SessionChange = {
        ...pick(params, ["category", "icon", "color", "archived", "pinned", "unread"]),
        ...(params.label === undefined
          ? {}
          : { label: params.label === null ? null : freeLabel(params.label, key, context) }),
        ...(params.model === undefined
          ? {}
          : { model: params.model === null ? null : knownModel(params.model, context) }),
      };
      const now = Date.now();
      store.transaction(() => {
        store.sessions.ensure(key, AGENT_ID, now);
        if (Object.keys(change).length > 0) store.sessions.patch(key, change, now);
      });
      events.changed(key, { reason: "patch" });
      const session = currentOf(key, context);
      const model = catalog.resolve(session.model);
      return {
        ok: true,
        path: store.path,
        key,
        entry: views.row(session, now),
        resolved: { modelProvider: model?.provider.name ?? null, model: model?.entry.id ?? null },
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
      requireGeneration(context.store.sessions.get(key), params.expectedSessionId);
      const session = context.runs.reset(key, params.reason ?? "reset");
      return { ok: true, key, entry: session === undefined ? null : context.views.row(session, Date.now()) };
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
      const session = store.sessions.get(key);
      if (session === undefined) return { ok: true, key, deleted: false, archived: [] };
      requireGeneration(session, params.expectedSessionId);
      if (params.archivedOnly === true && session.archivedAt === undefined) throw invalid("session is not archived");
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

function currentOf(key: string, { store }: MethodContext): Session {
  const session = store.sessions.get(key);
  if (session === undefined) throw unavailable("the session was deleted meanwhile");
  return session;
}

function requireGeneration(session: Session | undefined, expected: string | undefined): void {
  if (expected === undefined || session?.sessionId === expected) return;
  throw invalid("session changed since it was read; read it again before deciding", { reason: "session-changed" });
}

function freeLabel(wish: string, key: string, { store }: MethodContext): string {
  const clean = wish.trim();
  if (clean === "") throw invalid("invalid label: use at least one visible character");
  if (store.sessions.labelTaken(clean, key)) throw invalid(`label already in use: ${clean}`);
  return clean;
}

function knownModel(wish: string, { catalog }: MethodContext): string {
  const model = catalog.match(wish);
  if (model === undefined) throw invalid(`unknown model: ${wish.slice(0, 200)}`);
  return model.ref;
}

/** Those of the named properties that are there. */
function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {};
  for (const key of keys) if (Object.hasOwn(from, key)) picked[key] = from[key];
  return picked;
}
