import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";

/** Where the copy of a store lies that was made before its schema was left. */
export const backupPath = (path: string, schema: number): string => `${path}.schema-${schema}.bak`;

/**
 * Copies a store, whole and checked through by SQLite, beside itself; readable by its owner only, and on the disk when
 * this returns. An older copy of the same schema is replaced. Throws when it cannot be done, and leaves no half of it.
 */
export function backUp(db: DatabaseSync, path: string, schema: number): void {
  const target = backupPath(path, schema);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    rmSync(temporary, { force: true });
    // SQLite would make it readable for others; an empty file it takes over as it is.
    closeSync(openSync(temporary, "wx", 0o600));
    db.prepare("VACUUM INTO ?").run(temporary);
    sync(temporary);
    renameSync(temporary, target);
    if (process.platform !== "win32") sync(dirname(target));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function sync(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
