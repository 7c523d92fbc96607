/** One thing that was measured, and whether it was good enough. */
export interface Figure {
  readonly what: string;
  readonly value: string;
  readonly bar: string;
  readonly met: boolean;
  /** A time is as long as the rest of the machine makes it; a number is not. */
  readonly isTime?: boolean;
}

/** How much is done: `short` for every commit, `full` for the whole promise. */
export type Size = "short" | "full";

/** One way in which things break. */
export interface Scenario {
  readonly name: string;
  /** Rejects when it could not be carried out, which counts as a failure. */
  run(size: Size): Promise<readonly Figure[]>;
}

/** The value below which 95 % of the values lie (nearest rank), or the one that a test gives. */
export function percentile(values: readonly number[], percent = 95): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** A time that must not be longer than its bar, milliseconds. */
export function time(what: string, ms: number, barMs: number): Figure {
  return { what, value: seconds(ms), bar: `≤ ${seconds(barMs)}`, met: ms <= barMs, isTime: true };
}

/** A list of times of which 95 % must not be longer than the bar, milliseconds. */
export function times(what: string, values: readonly number[], barMs: number): Figure {
  const p95 = percentile(values);
  const value = `p95 ${seconds(p95)} (p50 ${seconds(percentile(values, 50))}, max ${seconds(percentile(values, 100))}, n ${values.length})`;
  return { what, value, bar: `p95 ≤ ${seconds(barMs)}`, met: p95 <= barMs, isTime: true };
}

/** A number of things that must be exactly so many. */
export function count(what: string, value: number, expected: number): Figure {
  return { what, value: String(value), bar: `= ${expected}`, met: value === expected };
}

/** A number of things that must not be more. */
export function atMost(what: string, value: number, most: number): Figure {
  return { what, value: String(value), bar: `≤ ${most}`, met: value <= most };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/**
 * What a scenario has measured. With `patience` a time that was too long, while all else was well, is measured once more and the
 * second one counts: on a shared machine somebody else may have had the processor. Both are told.
 */
export async function measure(
  scenario: Scenario,
  { size, patience }: { readonly size: Size; readonly patience: boolean },
): Promise<readonly Figure[]> {
  const first = await scenario.run(size);
  const missed = first.filter(({ met }) => !met);
  if (!patience || missed.length === 0 || !missed.every(({ isTime }) => isTime === true)) return first;
  const again = await scenario.run(size);
  return again.map((figure) => {
    const before = missed.find(({ what }) => what === figure.what);
    return before === undefined ? figure : { ...figure, value: `${figure.value}; at first ${before.value}` };
  });
}

export interface Judged {
  readonly scenario: string;
  readonly figure: Figure;
}

/** Pure: one line a figure. */
export function table(rows: readonly Judged[]): string {
  const lines = [
    ["scenario", "what", "measured", "bar", ""],
    ...rows.map(({ scenario, figure }) => [
      scenario,
      figure.what,
      figure.value,
      figure.bar,
      figure.met ? "met" : "NOT MET",
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((cells) => (cells[column] ?? "").length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
