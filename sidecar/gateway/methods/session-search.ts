import { type Schema, integer, list, nonEmpty, object, text } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import type { MethodContext } from "./method.ts";

const DEFAULT_LIMIT = 10;
/** A search may keep everyone else waiting for so long, milliseconds; then it says what it has. */
const BUDGET_MS = 150;
/** How often the clock is looked at, in messages. */
const CHECK_EVERY = 64;
const SNIPPET_CHARS = 240;

export const searchParams = object(
  { query: text({ min: 1, max: 4_096 }) },
  { agentId: nonEmpty, sessionKeys: list(nonEmpty, { max: 1_000 }), limit: integer({ min: 1, max: 25 }) },
);
type SearchParams = typeof searchParams extends Schema<infer T> ? T : never;

interface Hit extends Readonly<Record<string, unknown>> {
  readonly score: number;
}

/**
 * Finds messages that hold every word of the query, whatever their case, the newest first. `truncated` says that there
 * may be more: the limit was reached, or the time was up.
 */
export function searchMessages(params: SearchParams, { store }: MethodContext): Readonly<Record<string, unknown>> {
  requireAgent(params.agentId);
  const words = params.query.toLowerCase().split(/\s+/).filter(Boolean);
  const limit = params.limit ?? DEFAULT_LIMIT;
  const only = params.sessionKeys === undefined ? undefined : new Set(params.sessionKeys.map(canonicalSessionKey));
  const results: Hit[] = [];
  const deadline = performance.now() + BUDGET_MS;
  let seen = 0;
  let truncated = false;
  for (const { sessionKey, message } of words.length === 0 ? [] : store.transcripts.newestFirst()) {
    seen += 1;
    truncated = results.length >= limit || (seen % CHECK_EVERY === 0 && performance.now() > deadline);
    if (truncated) break;
    if (only?.has(sessionKey) === false) continue;
    const said = store.transcripts.textOf(message);
    const lower = said.toLowerCase();
    if (!words.every((word) => lower.includes(word))) continue;
    results.push({
      sessionKey,
      sessionId: message.sessionId,
      messageId: message.id,
      role: message.role,
      timestamp: message.createdAt,
      snippet: snippetOf(said, lower.indexOf(words[0] ?? "")),
      score: words.join("").length / (lower.length + 1),
    });
  }
  return { results, ...(truncated ? { truncated } : {}) };
}

function snippetOf(said: string, at: number): string {
  const start = Math.max(0, at - SNIPPET_CHARS / 3);
  const cut = said.slice(start, start + SNIPPET_CHARS);
  return `${start > 0 ? "…" : ""}${cut}${start + SNIPPET_CHARS < said.length ? "…" : ""}`;
}
