import type { DatabaseSync, StatementSync } from "node:sqlite";
import { intOf, textOf } from "./rows.ts";

/** What the runs of one day have used; the day is UTC, `2026-01-31`. */
export interface UsageDay {
  readonly day: string;
  readonly runs: number;
  readonly input: number;
  readonly output: number;
}

/** Tokens by day: counted when a run ends, so that nobody has to read the transcripts to know. */
export class UsageStore {
  readonly #add: StatementSync;
  readonly #between: StatementSync;

  constructor(db: DatabaseSync) {
    this.#add = db.prepare(
      `INSERT INTO usage_days (day, runs, input, output) VALUES (?, 1, ?, ?)
       ON CONFLICT (day) DO UPDATE SET runs = runs + 1, input = input + excluded.input, output = output + excluded.output`,
    );
    this.#between = db.prepare("SELECT * FROM usage_days WHERE day BETWEEN ? AND ? ORDER BY day");
  }

  add(usage: { readonly input: number; readonly output: number }, now: number): void {
    this.#add.run(dayOf(now), usage.input, usage.output);
  }

  /** The days that have any, first and last included. */
  between(first: string, last: string): readonly UsageDay[] {
    return this.#between.all(first, last).map((row) => ({
      day: textOf(row, "day"),
      runs: intOf(row, "runs"),
      input: intOf(row, "input"),
      output: intOf(row, "output"),
    }));
  }
}

/** The UTC day of a time. @param at milliseconds since the epoch */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
