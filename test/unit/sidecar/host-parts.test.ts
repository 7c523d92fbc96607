import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jsonSchema, lookUp, uiHints } from "../../../sidecar/config/config-schema-views.ts";
import { readUsage } from "../../../sidecar/gateway/usage.ts";
import { cleanTriggers } from "../../../sidecar/gateway/voice-wake.ts";
import { tailLogFile } from "../../../sidecar/service/log-tail.ts";
import { Store } from "../../../sidecar/store/store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "host-parts-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the tail of the log", () => {
  const all = { cursor: undefined, limit: 500, maxBytes: 250_000 };
  const path = (): string => join(folder, "a.log");

  it("has the last lines, and from there only what is new", () => {
    writeFileSync(path(), "one\ntwo\nthree\n");
    const first = tailLogFile(path(), { ...all, limit: 2 });
    expect(first).toMatchObject({ lines: ["two", "three"], truncated: true, reset: false, cursor: 14 });
    appendFileSync(path(), "four\n");
    const next = tailLogFile(path(), { ...all, cursor: first.cursor });
    expect(next).toMatchObject({ lines: ["four"], truncated: false });
    expect(tailLogFile(path(), { ...all, cursor: next.cursor }).lines).toEqual([]);
  });

  it("leaves half a line for the next time", () => {
    writeFileSync(path(), "one\ntw");
    const first = tailLogFile(path(), all);
    expect(first).toMatchObject({ lines: ["one"], cursor: 4 });
    appendFileSync(path(), "o\n");
    expect(tailLogFile(path(), { ...all, cursor: first.cursor }).lines).toEqual(["two"]);
  });

  it("begins at a line's beginning, however few bytes it may read", () => {
    writeFileSync(path(), "first line\nsecond line\nthird\n");
    expect(tailLogFile(path(), { ...all, maxBytes: 10 })).toMatchObject({ lines: ["third"], truncated: true });
    expect(tailLogFile(path(), { ...all, maxBytes: 6 }).lines).toEqual(["third"]);
  });

  it("starts over when the file was replaced by a shorter one", () => {
    writeFileSync(path(), "new\n");
    expect(tailLogFile(path(), { ...all, cursor: 9_999 })).toMatchObject({ lines: ["new"], reset: true });
  });

  it("is empty without a file", () => {
    expect(tailLogFile(path(), all)).toMatchObject({ lines: [], cursor: 0, size: 0 });
  });
});

describe("wake words", () => {
  it.each([
    [
      ["a", " b ", "", 7],
      ["a", "b"],
    ],
    [[], ["openclaw", "claude", "computer"]],
    ["no list", ["openclaw", "claude", "computer"]],
    [["x".repeat(100)], ["x".repeat(64)]],
    [[`${"x".repeat(63)}😀`], ["x".repeat(63)]],
  ])("%j become %j", (given, kept) => expect(cleanTriggers(given)).toEqual(kept));

  it("are at most 32", () => {
    expect(cleanTriggers(Array.from({ length: 40 }, (_, index) => `w${index}`))).toHaveLength(32);
  });
});

describe("usage", () => {
  it("is counted by day, and a cost that is not known is called missing", () => {
    const store = new Store(join(folder, "s.sqlite"));
    const now = Date.parse("2026-03-02T10:00:00Z");
    store.usage.add({ input: 10, output: 5 }, now);
    store.usage.add({ input: 1, output: 1 }, now);
    store.usage.add({ input: 100, output: 100 }, now - 40 * 86_400_000);
    const month = readUsage(store.usage, {}, now);
    expect(month).toMatchObject({ days: 30, totals: { input: 11, output: 6, totalTokens: 17, missingCostEntries: 2 } });
    const day = readUsage(store.usage, { startDate: "2026-03-02", endDate: "2026-03-02" }, now);
    expect(day).toMatchObject({ days: 1, daily: [{ date: "2026-03-02", totalTokens: 17 }] });
    expect(readUsage(store.usage, { days: 1e9 }, now)).toMatchObject({ days: 366 });
    store.close();
  });
});

describe("the config's schema", () => {
  it("is found by path, through names that a person chose and through lists", () => {
    expect(lookUp("gateway.port")).toMatchObject({ path: "gateway.port", schema: { type: "integer" } });
    expect(lookUp("models.providers.home.baseUrl")).toMatchObject({ hintPath: "models.providers.*.baseUrl" });
    expect(lookUp("models.providers.home.models[0].id")).toMatchObject({ schema: { type: "string" } });
    expect(lookUp("gateway.auth.token")).toMatchObject({ hint: { sensitive: true } });
  });

  it.each(["nope", "gateway.port.deeper", "__proto__", "gateway.constructor", "."])("has nothing at %s", (path) => {
    expect(lookUp(path)).toBeUndefined();
  });

  it("has a hint for every place", () => {
    expect(Object.keys(uiHints())).toEqual(expect.arrayContaining(["gateway", "models.providers.*.apiKey"]));
    expect(jsonSchema()).toMatchObject({ type: "object", properties: { gateway: { type: "object" } } });
  });
});
