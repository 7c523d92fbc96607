import type { SQLOutputValue } from "node:sqlite";

/** One row as SQLite gives it. */
export type Row = Record<string, SQLOutputValue>;

const mismatch = (row: Row, column: string, wanted: string): Error =>
  new Error(`The database column ${column} holds ${typeof row[column]} where ${wanted} was written`);

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw mismatch(row, column, "text");
  return value;
}

export function intOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw mismatch(row, column, "an integer");
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textOf(row, column);
}

export function optionalInt(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : intOf(row, column);
}

/** A column that holds a JSON list of strings. */
export function listOf(row: Row, column: string): readonly string[] {
  const value: unknown = JSON.parse(textOf(row, column));
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
