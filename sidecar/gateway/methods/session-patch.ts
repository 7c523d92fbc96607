import { AGENT_ID, MAIN_SESSION_KEY } from "../../agent/agent-id.ts";
import type { SessionChange } from "../../store/sessions.ts";
import { anything, flag, integer, nonEmpty, nullable, object, text } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { invalid } from "../wire.ts";
import { method } from "./method.ts";
import { currentOf, freeLabel, knownModel, requireGeneration, resolvedOf } from "./session-rules.ts";

const label = text({ min: 1, max: 512 });
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
    thinkingLevel: nullable(nonEmpty),
    fastMode: anything,
    verboseLevel: nullable(nonEmpty),
    traceLevel: nullable(nonEmpty),
    reasoningLevel: nullable(nonEmpty),
    responseUsage: nullable(nonEmpty),
    elevatedLevel: nullable(nonEmpty),
    contextWindow: nullable(nonEmpty),
    permissionMode: nullable(nonEmpty),
    sendPolicy: nullable(nonEmpty),
    statusNote: nullable(text({ max: 120 })),
    attention: nullable(nonEmpty),
  },
);

/** What a person changes about a session: its name, its place, its model. */
export const sessionPatchMethods = [
  method({
    name: "sessions.patch",
    scope: "operator.write",
    params: patchParams,
    call(params, context) {
      requireAgent(params.agentId);
      const key = canonicalSessionKey(params.key);
      const { store, events, views } = context;
      const known = store.sessions.get(key);
      if (params.archived !== undefined && params.expectedSessionId === undefined)
        throw invalid(`expectedSessionId required for session lifecycle patch: ${key}`);
      if (params.archived === true && key === MAIN_SESSION_KEY)
        throw invalid("Cannot archive an agent's main session.");
      requireGeneration(key, known, { expected: params.expectedSessionId, what: "patch" });
      refuseUnsupported(params);
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
      return {
        ok: true,
        path: store.path,
        key,
        entry: views.row(session, now),
        resolved: resolvedOf(session, context),
      };
    },
  }),
];

/** What the real Gateway can set on a session and this one cannot; clearing it is fine, for there is nothing. */
function refuseUnsupported(params: Readonly<Record<string, unknown>>): void {
  const name = UNSUPPORTED.find((key) => params[key] !== undefined && !IS_UNSET.has(params[key]));
  if (name !== undefined) throw invalid(`${name} cannot be set on this Gateway`);
}

const UNSUPPORTED = [
  "thinkingLevel",
  "fastMode",
  "verboseLevel",
  "traceLevel",
  "reasoningLevel",
  "responseUsage",
  "elevatedLevel",
  "contextWindow",
  "permissionMode",
  "sendPolicy",
  "statusNote",
  "attention",
] as const;
const IS_UNSET: ReadonlySet<unknown> = new Set([null, false, "off"]);

/** Those of the named properties that are there. */
function pick<T extends object, K extends keyof T>(from: T, keys: readonly K[]): Partial<Pick<T, K>> {
  const picked: Partial<Pick<T, K>> = {};
  for (const key of keys) if (Object.hasOwn(from, key)) picked[key] = from[key];
  return picked;
}
