import { type UsageStore, dayOf } from "../store/usage.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 366;
const DAY = /^\d{4}-\d\d-\d\d$/;

type View = Readonly<Record<string, unknown>>;

/**
 * Payload of `usage.cost`: tokens of each day, UTC. No price is known here, so that every run counts as one whose cost is
 * missing; a sum of zero must not look like a free month.
 */
export function readUsage(usage: UsageStore, wish: View, now: number): View {
  const days = span(wish, now);
  const known = new Map(usage.between(days[0] ?? "", days.at(-1) ?? "").map((entry) => [entry.day, entry]));
  const daily = days.map((date) => ({ date, ...entryOf(known.get(date) ?? { runs: 0, input: 0, output: 0 }) }));
  const sum = (pick: (entry: { runs: number; input: number; output: number }) => number): number =>
    [...known.values()].reduce((total, entry) => total + pick(entry), 0);
  const totals = entryOf({ runs: sum((e) => e.runs), input: sum((e) => e.input), output: sum((e) => e.output) });
  return { updatedAt: now, days: days.length, daily, totals };
}

function span({ days, startDate, endDate }: View, now: number): readonly string[] {
  const last = timeOf(endDate) ?? now;
  const wanted = typeof days === "number" && days >= 1 ? Math.floor(days) : DEFAULT_DAYS;
  const first = timeOf(startDate) ?? last - (wanted - 1) * DAY_MS;
  const count = Math.min(MAX_DAYS, Math.max(1, Math.round((last - first) / DAY_MS) + 1));
  return Array.from({ length: count }, (_, index) => dayOf(last - (count - 1 - index) * DAY_MS));
}

function timeOf(date: unknown): number | undefined {
  if (typeof date !== "string" || !DAY.test(date)) return undefined;
  const time = Date.parse(`${date}T12:00:00Z`);
  return Number.isNaN(time) ? undefined : time;
}

const entryOf = ({ runs, input, output }: { runs: number; input: number; output: number }): View => ({
  input,
  output,
  cacheRead: 0,
  cacheWrite: 0,
  totalTokens: input + output,
  totalCost: 0,
  inputCost: 0,
  outputCost: 0,
  cacheReadCost: 0,
  cacheWriteCost: 0,
  missingCostEntries: runs,
});
