import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ModelCatalog } from "../../../sidecar/agent/model-catalog.ts";
import type { RunSink } from "../../../sidecar/agent/run-sink.ts";
import { Runs } from "../../../sidecar/agent/runs.ts";
import { parseConfig } from "../../../sidecar/config/config.ts";
import { failureShape } from "../../../sidecar/gateway/failure.ts";
import { backupPath } from "../../../sidecar/store/backup.ts";
import { migrate, openDatabase } from "../../../sidecar/store/database.ts";
import { Store } from "../../../sidecar/store/store.ts";
import { storeFaultOf } from "../../../sidecar/store/store-fault.ts";

const OLD = ["CREATE TABLE t (x TEXT) STRICT;"];
const NEW = [...OLD, "ALTER TABLE t ADD COLUMN y TEXT;"];

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durability-"));
  path = join(folder, "sidecar.sqlite");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A store of an older schema with one row. */
function older(): DatabaseSync {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL");
  migrate(db, path, OLD);
  db.exec("INSERT INTO t VALUES ('kept')");
  return db;
}

describe("a change of the schema", () => {
  it("comes after a copy of the store, whole and for its owner only", () => {
    const db = older();
    migrate(db, path, NEW);
    expect(db.prepare("SELECT x, y FROM t").all()).toEqual([{ x: "kept", y: null }]);
    db.close();
    const copy = backupPath(path, 1);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const kept = new DatabaseSync(copy, { readOnly: true });
    expect(kept.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
    expect(kept.prepare("SELECT * FROM t").all()).toEqual([{ x: "kept" }]);
    kept.close();
  });

  it("does not come when the copy cannot be made, and the store is as it was", () => {
    const db = older();
    // Something is in the way that no copy can replace.
    writeFileSync(join(folder, "in-the-way"), "");
    const blocked = join(folder, "in-the-way", "sidecar.sqlite");
    expect(() => migrate(db, blocked, NEW)).toThrow(
      /the copy of it that comes first could not be made at .*schema-1\.bak/,
    );
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
    db.close();
  });

  it("that fails half way leaves the old schema, and no half of a copy", () => {
    const db = older();
    expect(() => migrate(db, path, [...OLD, "ALTER TABLE t ADD COLUMN y TEXT; NONSENSE;"])).toThrow(/syntax error/);
    expect(db.prepare("SELECT * FROM t").all()).toEqual([{ x: "kept" }]);
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
    db.close();
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("of a new store needs no copy", () => {
    openDatabase(path).close();
    expect(readdirSync(folder)).toEqual(["sidecar.sqlite"]);
  });
});

describe("a start", () => {
  /** A store with enough in it for a page in the middle. */
  function filled(): void {
    const db = openDatabase(path);
    const insert = db.prepare(
      "INSERT INTO messages (session_id, seq, id, role, body, created_at) VALUES ('s', ?, ?, 'user', ?, 1)",
    );
    for (let seq = 1; seq <= 200; seq++) insert.run(seq, `id-${seq}`, "x".repeat(500));
    db.close();
  }

  it("notices a page that is not what it was, and touches nothing", () => {
    filled();
    const bytes = readFileSync(path);
    for (let at = bytes.length - 4096 * 3; at < bytes.length - 4096 * 2; at++) bytes[at] = 0xa5;
    writeFileSync(path, bytes);
    expect(() => openDatabase(path)).toThrow(
      /The store .* is damaged \(.*\); move it aside to start empty, or restore it/,
    );
    expect(readFileSync(path).equals(bytes)).toBe(true);
  });

  it("after a crash also notices an index that does not fit its table", () => {
    filled();
    const db = new DatabaseSync(path, { defensive: false });
    // What a stale page of an index looks like: as many entries as the table has rows, and other ones.
    db.exec("PRAGMA writable_schema = ON; CREATE INDEX extra ON messages (body);");
    db.exec("UPDATE sqlite_schema SET sql = 'CREATE INDEX extra ON messages (role)' WHERE name = 'extra'");
    db.close();
    openDatabase(path).close();
    writeFileSync(`${path}-wal`, "");
    expect(() => openDatabase(path)).toThrow(/is damaged \(.*missing from index extra/);
  });
});

/** An error as `node:sqlite` throws it. */
const sqliteError = (errcode: number): Error =>
  Object.assign(new Error("from SQLite"), { code: "ERR_SQLITE_ERROR", errcode });

describe("an error of the disk", () => {
  it.each([
    [13, "full"],
    [10, "io"],
    [1_034, "io"],
    [8, "readonly"],
    [5, "busy"],
    [11, "damaged"],
    [1, undefined],
    [19, undefined],
  ])("%d of SQLite is %s", (errcode, fault) => expect(storeFaultOf(sqliteError(errcode))).toBe(fault));

  it("is told to a client as something to try again, and no other error is told at all", () => {
    expect(failureShape("chat.send", sqliteError(13))).toEqual({
      code: "UNAVAILABLE",
      message: "chat.send failed: the disk of the Gateway is full; nothing was saved; send it again later",
      details: { code: "STORE_UNAVAILABLE", reason: "full" },
      retryable: true,
      retryAfterMs: 5_000,
    });
    expect(JSON.stringify(failureShape("chat.send", new Error("secret detail")))).not.toContain("secret detail");
  });
});

describe("an answer", () => {
  it("that the disk does not take is kept until it does, and told only then", async () => {
    const store = new Store(path);
    const told: string[] = [];
    const warned: string[] = [];
    const sink: RunSink = {
      chat: (_key, { state }) => void (state === "final" && told.push(state)),
      agent: () => undefined,
      message: (_key, { role }) => void told.push(role),
      changed: () => undefined,
    };
    const runs = new Runs({
      store,
      catalog: new ModelCatalog(parseConfig({}, "/c")),
      loadModel: () => Promise.reject(new Error("no model in this test")),
      sink,
      systemPrompt: undefined,
      warn: (message) => void warned.push(message),
    });
    const working = store.transaction.bind(store);
    let isFull = false;
    store.transaction = (work) => {
      if (isFull) throw sqliteError(13);
      return working(work);
    };
    expect(runs.send({ sessionKey: "agent:main:k", runId: "one", text: "hello", sender: undefined })).toBe("started");
    isFull = true;
    await expect.poll(() => warned.length).toBe(1);
    expect(told).toEqual(["user"]);
    expect(store.runs.get("one")?.status).toBe("running");
    // A question that comes now is not taken, and one that came before is still on its way.
    expect(() => runs.send({ sessionKey: "agent:main:k", runId: "two", text: "?", sender: undefined })).toThrow(
      "from SQLite",
    );
    expect(runs.send({ sessionKey: "agent:main:k", runId: "one", text: "hello", sender: undefined })).toBe("in_flight");
    isFull = false;
    await expect.poll(() => store.runs.get("one")?.status, { timeout: 5_000 }).toBe("done");
    expect(told).toEqual(["user", "assistant", "final"]);
    expect(runs.active.size).toBe(0);
    expect(warned).toHaveLength(1);
    await runs.stop(0);
    store.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });
});
