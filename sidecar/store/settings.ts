import type { DatabaseSync, StatementSync } from "node:sqlite";
import { textOf } from "./rows.ts";

/** Small things that an operator has set and that are no part of the config file: JSON values by name. */
export class SettingStore {
  readonly #get: StatementSync;
  readonly #set: StatementSync;

  constructor(db: DatabaseSync) {
    this.#get = db.prepare("SELECT value FROM settings WHERE name = ?");
    this.#set = db.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)");
  }

  /** The value as it was written, undefined when there is none. Check its shape before use. */
  get(name: string): unknown {
    const row = this.#get.get(name);
    return row === undefined ? undefined : JSON.parse(textOf(row, "value"));
  }

  set(name: string, value: unknown): void {
    this.#set.run(name, JSON.stringify(value));
  }
}
