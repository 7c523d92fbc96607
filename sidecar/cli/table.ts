/** Rows of a label and a value, the values under each other. A value that is undefined leaves its row out. */
export function alignedRows(rows: readonly (readonly [label: string, value: string | undefined])[]): string[] {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(0, ...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}

/** What a Gateway sent, made fit for a terminal: no control characters, so that it cannot move the cursor. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
}
