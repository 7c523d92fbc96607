import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StartupError } from "../../../sidecar/config/startup-error.ts";
import { isSafeSqlite, migrate } from "../../../sidecar/store/database.ts";
import { MIGRATIONS } from "../../../sidecar/store/migrations.ts";
import { Store } from "../../../sidecar/store/store.ts";

let folder: string;
let path: string;
const opened: Store[] = [];

function open(): Store {
  const store = new Store(path);
  opened.push(store);
  return store;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidecar-store-"));
  path = join(folder, "sidecar.sqlite");
});
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
  rmSync(folder, { recursive: true, force: true });
});

const question = (sessionId: string, id: string) =>
  ({ id, sessionId, runId: `run-${id}`, role: "user", body: { role: "user", content: id }, createdAt: 1 }) as const;

describe("the store", () => {
  it("syncs every commit to the disk", () => {
    open();
    opened.splice(0).forEach((store) => store.close());
    const db = new DatabaseSync(path);
    expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    db.close();
  });

  it("belongs to one sidecar: a second one is told so", () => {
    open();
    expect(() => new Store(path)).toThrow(/Another sidecar is using .*--state-dir or --profile/);
  });

  it("can be taken over at once when its owner has let go", () => {
    open().sessions.ensure("agent:main:a", "main", 5);
    for (const store of opened.splice(0)) store.close();
    expect(open().sessions.get("agent:main:a")?.createdAt).toBe(5);
  });

  it("says what to do about a file that is no database, and leaves it as it is", () => {
    writeFileSync(path, "this is not a database, and it is long enough to be looked at");
    expect(() => new Store(path)).toThrow(/is damaged .*move it aside/);
  });

  it("undoes all of a transaction that fails", () => {
    const store = open();
    expect(() =>
      store.transaction(() => {
        store.sessions.ensure("agent:main:a", "main", 1);
        throw new Error("half way");
      }),
    ).toThrow("half way");
    expect(store.sessions.get("agent:main:a")).toBeUndefined();
  });

  it.each([
    ["3.51.3", true],
    ["3.53.4", true],
    ["3.51.2", false],
    ["3.50.7", true],
    ["3.50.4", false],
    ["3.49.9", false],
    ["3.44.6", true],
    ["4.0.0", true],
  ])("trusts SQLite %s: %s", (version, safe) => {
    expect(isSafeSqlite(version)).toBe(safe);
  });
});

describe("a migration", () => {
  it("of a new file brings it to the newest schema, and once is enough", () => {
    const db = new DatabaseSync(":memory:");
    migrate(db, path);
    migrate(db, path);
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: MIGRATIONS.length });
  });

  it("takes an older file on from where it stands and keeps its rows", () => {
    const db = new DatabaseSync(":memory:");
    migrate(db, path, ["CREATE TABLE a (x INTEGER)"]);
    db.exec("INSERT INTO a VALUES (7)");
    migrate(db, path, ["CREATE TABLE a (x INTEGER)", "ALTER TABLE a ADD COLUMN y INTEGER DEFAULT 1"]);
    expect(db.prepare("SELECT * FROM a").get()).toEqual({ x: 7, y: 1 });
  });

  it("that fails half way leaves the file as it was", () => {
    const db = new DatabaseSync(":memory:");
    const steps = ["CREATE TABLE a (x INTEGER)", "CREATE TABLE b (x INTEGER); CREATE TABLE a (again INTEGER)"];
    expect(() => migrate(db, path, steps)).toThrow(/already exists/);
    expect(db.prepare("PRAGMA user_version").get()).toEqual({ user_version: 0 });
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_master").get()).toEqual({ n: 0 });
  });

  it("does not touch a file that a newer sidecar wrote", () => {
    const db = new DatabaseSync(":memory:");
    db.exec("PRAGMA user_version = 99");
    expect(() => migrate(db, path)).toThrow(StartupError);
    expect(() => migrate(db, path)).toThrow(/written by a newer sidecar \(schema 99/);
  });
});

describe("a transcript", () => {
  it("numbers its messages from one without a gap, whatever happens in other sessions", () => {
    const { transcripts } = open();
    const seqs = ["a1", "b1", "a2", "a3", "b2"].map((id) => transcripts.append(question(`session-${id[0]}`, id)).seq);
    expect(seqs).toEqual([1, 1, 2, 3, 2]);
  });

  it("is read page by page from its end, each page oldest first", () => {
    const { transcripts } = open();
    for (let index = 1; index <= 5; index++) transcripts.append(question("s", `m${index}`));
    const ids = (limit: number, offset: number): string[] => transcripts.page("s", limit, offset).map(({ id }) => id);
    expect(ids(2, 0)).toEqual(["m4", "m5"]);
    expect(ids(2, 2)).toEqual(["m2", "m3"]);
    expect(ids(2, 4)).toEqual(["m1"]);
    expect(ids(2, 6)).toEqual([]);
    expect(transcripts.count("s")).toBe(5);
    expect(transcripts.seqOf("s", "m3")).toBe(3);
    expect(transcripts.seqOf("other", "m3")).toBeUndefined();
  });
});

describe("the session index", () => {
  it("finds by label, title and key, takes wildcards literally, and pages", () => {
    const { sessions } = open();
    for (const [index, name] of ["alpha", "beta", "gamma"].entries())
      sessions.ensure(`agent:main:${name}`, "main", index);
    sessions.patch("agent:main:beta", { label: "100% done" }, 10);
    const list = (search: string) =>
      sessions.list({ limit: 10, offset: 0, archived: false, search }).rows.map(({ key }) => key);
    expect(list("ALPHA")).toEqual(["agent:main:alpha"]);
    expect(list("100%")).toEqual(["agent:main:beta"]);
    expect(list("%")).toEqual(["agent:main:beta"]);
    expect(list("'; DROP TABLE sessions; --")).toEqual([]);
    expect(sessions.list({ limit: 1, offset: 1, archived: false })).toMatchObject({
      total: 3,
      rows: [{ key: "agent:main:gamma" }],
    });
  });

  it("shows pinned sessions first and archived ones only when asked", () => {
    const { sessions } = open();
    for (const [index, name] of ["old", "new", "gone"].entries()) sessions.ensure(name, "main", index);
    sessions.patch("old", { pinned: true }, 3);
    sessions.patch("gone", { archived: true }, 4);
    const keys = (archived: boolean | "all") =>
      sessions.list({ limit: 10, offset: 0, archived }).rows.map(({ key }) => key);
    expect(keys(false)).toEqual(["old", "new"]);
    expect(keys(true)).toEqual(["gone"]);
    expect(keys("all")).toEqual(["old", "gone", "new"]);
  });

  it("clears what is set to null and keeps what is not named", () => {
    const { sessions } = open();
    sessions.ensure("a", "main", 1);
    sessions.patch("a", { label: "Name", icon: "rocket" }, 2);
    sessions.patch("a", { label: null }, 3);
    expect(sessions.get("a")).toMatchObject({ label: undefined, icon: "rocket", updatedAt: 3 });
  });
});
