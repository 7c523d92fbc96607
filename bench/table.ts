import type { Bar, Row } from "./row.ts";

export interface Verdict {
  readonly text: string;
  /** Undefined when the other side was not measured. */
  readonly met: boolean | undefined;
}

/** Pure: one bar held against a row. */
export function judge(row: Row, bar: Bar): Verdict {
  const wanted = bar.most === undefined ? `≥ ${bar.least ?? 0}×` : `≤ ${bar.most}×`;
  const other = row[bar.against];
  if (other === undefined) return { text: `${wanted} ${bar.against}: not measured`, met: undefined };
  const ratio = row.ours / other.value;
  const met = (bar.most === undefined || ratio <= bar.most) && (bar.least === undefined || ratio >= bar.least);
  const verdict = met ? "met" : bar.because === undefined ? "NOT MET" : `NOT MET (${bar.because})`;
  return { text: `${wanted} ${other.name}: ${shortNumber(ratio)}× ${verdict}`, met };
}

/** Pure: the whole table, one line a row and one more for each further bar. */
export function table(rows: readonly Row[]): string {
  const head = ["what", "ours", "peer", "limit", "bar", "runs"];
  const body = rows.flatMap((row) => {
    const verdicts = row.bars.map((bar) => judge(row, bar).text);
    const first = [
      row.what,
      amount(row.ours, row),
      named(row.peer, row),
      named(row.limit, row),
      verdicts[0] ?? "",
      row.runs,
    ];
    return [first, ...verdicts.slice(1).map((text) => ["", "", "", "", text, ""])];
  });
  const lines = [head, ...body];
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? "").length)));
  const pad = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - cell.length))
      .join("  ")
      .trimEnd();
  return [pad(head), pad(widths.map((width) => "-".repeat(width))), ...body.map(pad)].join("\n");
}

const amount = (value: number, { unit }: Row): string => `${shortNumber(value)} ${unit}`;

const named = (side: Row["peer"], row: Row): string =>
  side === undefined ? "–" : `${side.name} ${amount(side.value, row)}`;

/** Three digits that count. */
function shortNumber(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return Number(value.toPrecision(3)).toString();
}
