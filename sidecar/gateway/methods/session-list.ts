import { type Schema, either, flag, integer, nonEmpty, object, oneOf, text } from "../schema.ts";
import { requireAgent } from "../session-keys.ts";
import type { MethodContext } from "./method.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** Parameters of `sessions.list` (schema `SessionsListParams`, with what 2026.9.6 takes beyond it). */
export const sessionsListParams = object(
  {},
  {
    limit: integer({ min: 1 }),
    offset: integer({ min: 0 }),
    activeMinutes: integer({ min: 1 }),
    requireLastInteraction: flag,
    sortBy: oneOf(["updatedAt", "lastInteractionAt", "activity"]),
    includeGlobal: flag,
    includeUnknown: flag,
    configuredAgentsOnly: flag,
    includeDerivedTitles: flag,
    includeLastMessage: flag,
    includeActivitySummary: flag,
    activeOnly: flag,
    label: text({ min: 1, max: 512 }),
    boardFace: oneOf(["chat", "dashboard"]),
    creatorId: nonEmpty,
    ownerId: nonEmpty,
    ownerFirst: flag,
    involvingMe: flag,
    involvingProfileId: nonEmpty,
    includePeople: flag,
    spawnedBy: nonEmpty,
    agentId: nonEmpty,
    search: text({ max: 1_000 }),
    archived: either(flag, oneOf(["all"])),
  },
);
export type SessionsListParams = typeof sessionsListParams extends Schema<infer T> ? T : never;

/** The payload of `sessions.list`. */
export function listSessions(params: SessionsListParams, context: MethodContext): Readonly<Record<string, unknown>> {
  requireAgent(params.agentId);
  const { store, runs, views } = context;
  const now = Date.now();
  const limit = Math.min(params.limit ?? DEFAULT_LIMIT, MAX_LIMIT);
  const offset = params.offset ?? 0;
  const { activeMinutes, label, search } = params;
  // Nothing here is spawned by another session or created by somebody else, so those filters can match nothing.
  const isEmpty = params.spawnedBy !== undefined || params.boardFace === "dashboard";
  const { rows, total } = isEmpty
    ? { rows: [], total: 0 }
    : store.sessions.list({
        limit,
        offset,
        archived: params.archived ?? false,
        ...(label === undefined ? {} : { label }),
        ...(search === undefined ? {} : { search }),
        ...(activeMinutes === undefined ? {} : { since: now - activeMinutes * 60_000 }),
      });
  const wanted =
    params.activeOnly === true ? rows.filter((session) => runs.active.first(session.key) !== undefined) : rows;
  const next = offset + rows.length;
  const hasMore = next < total;
  return {
    ts: now,
    path: store.path,
    count: wanted.length,
    totalCount: total,
    limitApplied: limit,
    ...(offset === 0 ? {} : { offset }),
    nextOffset: hasMore ? next : null,
    hasMore,
    owners: [],
    defaults: views.defaults(),
    sessions: wanted.map((session) => views.row(session, now)),
  };
}
