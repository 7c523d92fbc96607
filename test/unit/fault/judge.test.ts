import { describe, expect, it } from "vitest";
import type { MessageRow } from "../../../protocol/chat/message-row.ts";
import { type Figure, count, measure, percentile, time, times } from "../../fault/figure.ts";
import { judgeTranscript } from "../../fault/transcript.ts";

const written = ["a", "b", "c"].map((id) => ({ id, text: `question ${id}` }));
const row = (role: "user" | "assistant", id: string): Pick<MessageRow, "role" | "sendKey" | "runId"> =>
  role === "user" ? { role, sendKey: id, runId: id } : { role, sendKey: undefined, runId: id };
/** `a` is a question, `A` the end of its run. */
const rows = (text: string): readonly MessageRow[] =>
  text
    .split("")
    .map((letter) =>
      row(letter === letter.toLowerCase() ? "user" : "assistant", letter.toLowerCase()),
    ) as unknown as readonly MessageRow[];
const verdict = (text: string): readonly string[] =>
  judgeTranscript(written, rows(text))
    .filter(({ met }) => !met)
    .map(({ what, value }) => `${what}: ${value}`);

describe("the judge of a transcript", () => {
  it.each([
    ["aAbBcC", []],
    ["abcABC", []],
    ["aAcC", ["questions lost: 1", "questions without exactly one end of their run: 1"]],
    ["aAbBcCb", ["questions doubled: 1"]],
    ["aAcCbB", ["questions out of order: 1"]],
    ["aAbBBcC", ["questions without exactly one end of their run: 1"]],
    ["aAbcC", ["questions without exactly one end of their run: 1"]],
  ])("says of %s: %j", (text, expected) => expect(verdict(text)).toEqual(expected));
});

describe("a list of times", () => {
  it("is judged by the value that 95 of 100 stay under", () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(values)).toBe(95);
    expect(times("x", values, 95).met).toBe(true);
    expect(times("x", values, 94).met).toBe(false);
  });

  it("fails when there is none", () => expect(times("x", [], 1_000).met).toBe(false));
});

describe("a scenario", () => {
  const measured = async (runs: readonly (readonly Figure[])[], patience = true) => {
    const left = [...runs];
    const scenario = { name: "x", run: async () => left.shift() ?? [] };
    const figures = await measure(scenario, { size: "short", patience });
    return { figures: figures.map(({ value, met }) => `${value} ${met}`), runs: runs.length - left.length };
  };
  const slow = [time("t", 3_000, 2_000), count("lost", 0, 0)];
  const quick = [time("t", 1_000, 2_000), count("lost", 0, 0)];

  it("is measured once more when a time was too long and all else was well, and tells both", async () => {
    expect(await measured([slow, quick])).toEqual({ figures: ["1.00 s; at first 3.00 s true", "0 true"], runs: 2 });
    expect(await measured([slow, slow])).toEqual({ figures: ["3.00 s; at first 3.00 s false", "0 true"], runs: 2 });
  });

  it("gets no second chance for a number, nor without patience", async () => {
    const wrong = [time("t", 3_000, 2_000), count("lost", 1, 0)];
    expect(await measured([wrong, quick])).toEqual({ figures: ["3.00 s false", "1 false"], runs: 1 });
    expect(await measured([slow, quick], false)).toEqual({ figures: ["3.00 s false", "0 true"], runs: 1 });
    expect(await measured([quick, slow])).toEqual({ figures: ["1.00 s true", "0 true"], runs: 1 });
  });
});
