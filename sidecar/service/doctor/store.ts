import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { STATE_FILES } from "../../config/state-dir.ts";
import { reasonOf } from "../../config/startup-error.ts";
import { MIGRATIONS } from "../../store/migrations.ts";
import { type Row, intOf, textOf } from "../../store/rows.ts";
import type { DoctorContext, Finding } from "./finding.ts";

const MIB = 1024 * 1024;

/** Reads from the store in one exclusive transaction that changes nothing. @throws when it is in use or no database */
function inStore<T>(path: string, read: (ask: (sql: string) => readonly Row[]) => T): T {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const db = new DatabaseSync(path, { timeout: 0 });
  try {
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON; BEGIN;");
    return read((sql) => db.prepare(sql).all());
  } finally {
    db.close();
  }
}

/** Whether nobody, on this computer or another that shares the file, has the store open. */
export function isStoreFree(stateDir: string): boolean {
  const path = join(stateDir, STATE_FILES.store);
  if (!existsSync(path)) return true;
  try {
    return inStore(path, (ask) => ask("SELECT count(*) AS n FROM sqlite_master").length === 1);
  } catch (error) {
    // Damaged is not in use.
    return !isInUse(error);
  }
}

const isInUse = (error: unknown): boolean => /locked|busy/i.test(reasonOf(error));

/** The database: whole, and of a schema that this version knows. */
export function checkStore({ stateDir, running }: DoctorContext): readonly Finding[] {
  const path = join(stateDir, STATE_FILES.store);
  const finding = { id: "store", title: "Store" } as const;
  if (!existsSync(path)) return [{ ...finding, severity: "info", evidence: "none yet; the first start makes it" }];
  const size = `${(statSync(path).size / MIB).toFixed(1)} MiB`;
  if (running.kind === "ours") {
    const evidence = `${size}, open in process ${running.info.pid}; stop the sidecar to have it checked through`;
    return [{ ...finding, severity: "ok", evidence }];
  }
  try {
    return [{ ...finding, ...judge(inStore(path, readFacts), size) }];
  } catch (error) {
    if (isInUse(error)) {
      const remedy = "Stop the program that uses it, or give this sidecar its own --state-dir.";
      return [{ ...finding, severity: "error", evidence: "it is open in another program", remedy }];
    }
    return [{ ...finding, severity: "error", evidence: reasonOf(error), remedy: restore(path) }];
  }
}

interface Facts {
  /** What is wrong, one sentence each; "ok" alone when nothing is. */
  readonly integrity: readonly string[];
  readonly schema: number;
  readonly dangling: number;
}

function readFacts(ask: (sql: string) => readonly Row[]): Facts {
  return {
    integrity: ask("PRAGMA integrity_check(5)").map((row) => textOf(row, "integrity_check")),
    schema: intOf(ask("PRAGMA user_version")[0] ?? {}, "user_version"),
    dangling: ask("PRAGMA foreign_key_check").length,
  };
}

function judge(facts: Facts, size: string): Pick<Finding, "severity" | "evidence" | "remedy"> {
  const { integrity, schema, dangling } = facts;
  if (integrity.join() !== "ok" || dangling > 0) {
    const what = integrity.join() === "ok" ? `${dangling} rows point nowhere` : integrity.join("; ");
    return { severity: "error", evidence: `damaged: ${what}`, remedy: restore(STATE_FILES.store) };
  }
  if (schema > MIGRATIONS.length) {
    const evidence = `schema ${schema}, this version knows ${MIGRATIONS.length}`;
    return { severity: "error", evidence, remedy: "Update the sidecar." };
  }
  const pending = schema < MIGRATIONS.length ? `, the next start brings it to ${MIGRATIONS.length}` : "";
  return { severity: "ok", evidence: `${size}, whole, schema ${schema}${pending}` };
}

const restore = (path: string): string => `Restore ${path} from a backup, or move it aside to start empty.`;
