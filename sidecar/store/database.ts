import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { StartupError, reasonOf } from "../config/startup-error.ts";
import { backUp, backupPath } from "./backup.ts";
import { MIGRATIONS } from "./migrations.ts";
import { intOf, textOf } from "./rows.ts";

/** SQLite lines in which the WAL-reset bug is repaired (sqlite.org, releases 3.51.3, 3.50.7 and 3.44.6). */
const PATCHED: ReadonlyMap<number, number> = new Map([
  [51, 3],
  [50, 7],
  [44, 6],
]);

/** Whether a SQLite version can be trusted with a WAL database. */
export function isSafeSqlite(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3) return major > 3;
  if (minor > 51) return true;
  const least = PATCHED.get(minor);
  return least !== undefined && patch >= least;
}

/**
 * Opens the store and brings it to the newest schema. The exclusive lock that SQLite holds on the file is also the lock
 * of the state directory: the kernel drops it when the owner dies, so it cannot go stale, not even after SIGKILL.
 * @throws StartupError when it is in use, damaged, or written by a newer version
 */
export function openDatabase(path: string): DatabaseSync {
  // Asked for here and not imported above, so that the CLI, which is in the same file, does not load SQLite.
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  let db: DatabaseSync | undefined;
  // Who ends in order leaves no log: one that is there was left by a crash.
  const hasCrashed = existsSync(`${path}-wal`);
  try {
    db = new Database(path, { timeout: 0 });
    const version = textOf(db.prepare("SELECT sqlite_version() AS v").get() ?? {}, "v");
    if (!isSafeSqlite(version)) {
      throw new StartupError(
        `This Node (${process.version}) carries SQLite ${version}, which can damage a database after a crash; update Node to 22.22.3, 24.15 or newer.`,
      );
    }
    db.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
    );
    db.exec("BEGIN IMMEDIATE; COMMIT;");
    checkIntegrity(db, path, hasCrashed ? "integrity_check" : "quick_check");
    migrate(db, path);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof StartupError) throw error;
    throw new StartupError(explain(path, reasonOf(error)), { cause: error });
  }
}

/** `quick_check` leaves out whether each index has what its table has, and takes half the time. @throws StartupError */
function checkIntegrity(db: DatabaseSync, path: string, check: "integrity_check" | "quick_check"): void {
  const found = textOf(db.prepare(`PRAGMA ${check}(1)`).get() ?? {}, check);
  if (found !== "ok") throw new StartupError(explain(path, `corrupt: ${found.replace(/[\s*]+/g, " ").trim()}`));
}

function explain(path: string, reason: string): string {
  if (/locked|busy/i.test(reason)) {
    return `Another sidecar is using ${path}; stop it, or give this one its own --state-dir or --profile.`;
  }
  if (/not a database|malformed|corrupt/i.test(reason)) {
    return `The store ${path} is damaged (${reason}); move it aside to start empty, or restore it from a backup.`;
  }
  return `The store ${path} could not be opened (${reason}); check its permissions and the free space of its disk.`;
}

/**
 * Brings the schema up to date, all of it or nothing. A store that has been used is copied first: there is no way back.
 * @throws StartupError when it cannot be copied, or was written by a newer version
 */
export function migrate(db: DatabaseSync, path: string, migrations: readonly string[] = MIGRATIONS): void {
  const version = intOf(db.prepare("PRAGMA user_version").get() ?? {}, "user_version");
  if (version > migrations.length) {
    throw new StartupError(
      `The store ${path} was written by a newer sidecar (schema ${version}, this one knows ${migrations.length}); update the sidecar or use another --state-dir.`,
    );
  }
  if (version === migrations.length) return;
  if (version > 0) copyFirst(db, path, version);
  transaction(db, () => {
    for (const step of migrations.slice(version)) db.exec(step);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function copyFirst(db: DatabaseSync, path: string, version: number): void {
  try {
    backUp(db, path, version);
  } catch (error) {
    throw new StartupError(
      `The store ${path} is to be changed for this version, and the copy of it that comes first could not be made at ${backupPath(path, version)} (${reasonOf(error)}); free some space. Nothing was changed.`,
      { cause: error },
    );
  }
}

/** Runs `work` in one transaction: committed (and synced to the disk) when it returns, undone when it throws. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    try {
      if (db.isTransaction) db.exec("ROLLBACK");
    } catch {
      // The first error says what is wrong; SQLite itself undoes what is left open.
    }
    throw error;
  }
}
