import { anything, flag, nonEmpty, object } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { invalid } from "../wire.ts";
import { method } from "./method.ts";
import { listSessions, sessionsListParams } from "./session-list.ts";

/** More sessions than this nobody watches at once. */
const MAX_KEYS = 1_000;

const messagesParams = object({ key: nonEmpty }, { agentId: nonEmpty, includeApprovals: flag });

/** What a connection wants to hear about. It ends with the connection. */
export const subscriptionMethods = [
  method({
    name: "sessions.subscribe",
    scope: "operator.read",
    params: sessionsListParams,
    call(params, context, { connection }) {
      connection.wantsSessions = true;
      // Only a call with parameters asks for the list as well.
      return Object.keys(params).length === 0
        ? { subscribed: true }
        : { subscribed: true, list: listSessions(params, context) };
    },
  }),
  method({
    name: "sessions.unsubscribe",
    scope: "operator.read",
    params: anything,
    call(_params, _context, { connection }) {
      connection.wantsSessions = false;
      return { subscribed: false };
    },
  }),
  method({
    name: "sessions.messages.subscribe",
    scope: "operator.read",
    params: messagesParams,
    call(params, _context, { connection }) {
      requireAgent(params.agentId);
      const key = canonicalSessionKey(params.key);
      const keys = (connection.messageKeys ??= new Set());
      if (keys.size >= MAX_KEYS && !keys.has(key))
        throw invalid(`too many subscriptions: at most ${MAX_KEYS} sessions`);
      keys.add(key);
      return { subscribed: true, key, ...(params.includeApprovals === true ? { approvalReplay: NO_APPROVALS } : {}) };
    },
  }),
  method({
    name: "sessions.messages.unsubscribe",
    scope: "operator.read",
    params: object({ key: nonEmpty }, { agentId: nonEmpty }),
    call(params, _context, { connection }) {
      const key = canonicalSessionKey(params.key);
      connection.messageKeys?.delete(key);
      return { subscribed: false, key };
    },
  }),
];

const NO_APPROVALS = { approvals: [], truncated: false } as const;
