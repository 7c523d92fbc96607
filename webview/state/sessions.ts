import type { SessionOption } from "../../protocol/webview/contract.ts";
import { startOfDay } from "./format.ts";

export interface SessionGroup {
  readonly name: "running" | "today" | "earlier";
  readonly sessions: readonly SessionOption[];
}

/** More rows than that are searched for, not scrolled to. */
const MOST_ROWS = 100;

const newestFirst = (a: SessionOption, b: SessionOption): number => (b.updatedAt ?? 0) - (a.updatedAt ?? 0);

/** The sessions that match what is typed, newest first, in the groups of the switcher; and how many were left out. */
export function groupSessions(
  sessions: readonly SessionOption[],
  search: string,
  now: number,
): { readonly groups: readonly SessionGroup[]; readonly leftOut: number } {
  const wanted = search.trim().toLowerCase();
  const matching = sessions
    .filter((session) => `${session.title} ${session.key}`.toLowerCase().includes(wanted))
    .toSorted(newestFirst);
  const shown = matching.slice(0, MOST_ROWS);
  const today = startOfDay(now);
  const isToday = (session: SessionOption): boolean => (session.updatedAt ?? 0) >= today;
  const groups: readonly SessionGroup[] = [
    { name: "running", sessions: shown.filter((session) => session.running) },
    { name: "today", sessions: shown.filter((session) => !session.running && isToday(session)) },
    { name: "earlier", sessions: shown.filter((session) => !session.running && !isToday(session)) },
  ];
  return { groups: groups.filter((group) => group.sessions.length > 0), leftOut: matching.length - shown.length };
}

/** The session before (-1) or after (+1) this one in order of time, or none at the ends. */
export function neighbour(sessions: readonly SessionOption[], key: string, step: -1 | 1): string | undefined {
  const ordered = sessions.toSorted(newestFirst);
  const index = ordered.findIndex((session) => session.key === key);
  return index < 0 ? ordered[0]?.key : ordered[index + step]?.key;
}
