import { describe, expect, it } from "vitest";
import type { Row } from "../../../bench/row.ts";
import { interleave, median } from "../../../bench/sample.ts";
import { judge, table } from "../../../bench/table.ts";

const row: Row = {
  what: "start",
  unit: "ms",
  ours: 100,
  peer: { name: "OpenClaw", value: 10_000 },
  limit: { name: "bare ws", value: 50 },
  bars: [
    { against: "peer", most: 0.02 },
    { against: "limit", most: 1.5 },
  ],
  runs: "10 a side",
};

describe("a bar", () => {
  it("is a ratio to the other side of the same run", () => {
    expect(judge(row, { against: "peer", most: 0.02 })).toEqual({ text: "≤ 0.02× OpenClaw: 0.01× met", met: true });
    expect(judge(row, { against: "limit", most: 1.5 })).toEqual({ text: "≤ 1.5× bare ws: 2× NOT MET", met: false });
    expect(judge(row, { against: "limit", least: 2 })).toEqual({ text: "≥ 2× bare ws: 2× met", met: true });
  });

  it("says why it is missed, where that is known, and only then", () => {
    const bar = { against: "limit", because: "we do more" } as const;
    expect(judge(row, { ...bar, most: 1.5 }).text).toBe("≤ 1.5× bare ws: 2× NOT MET (we do more)");
    expect(judge(row, { ...bar, most: 3 }).text).toBe("≤ 3× bare ws: 2× met");
  });

  it("is neither met nor missed without the other side", () => {
    expect(judge({ ...row, peer: undefined }, { against: "peer", most: 1 }).met).toBeUndefined();
  });

  it("is missed when a side gave no figure", () => {
    expect(judge({ ...row, ours: Number.NaN }, { against: "peer", most: 1 }).met).toBe(false);
  });
});

describe("the table", () => {
  it("has a line a bar, in columns", () => {
    expect(table([row]).split("\n")).toEqual([
      "what   ours    peer                limit          bar                          runs",
      "-----  ------  ------------------  -------------  ---------------------------  ---------",
      "start  100 ms  OpenClaw 10,000 ms  bare ws 50 ms  ≤ 0.02× OpenClaw: 0.01× met  10 a side",
      "                                                  ≤ 1.5× bare ws: 2× NOT MET",
    ]);
  });
});

describe("a sample", () => {
  it("is told by its middle", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it("visits every side once a round", async () => {
    const visits: string[] = [];
    const visit = (name: string) => async () => visits.push(name);
    expect(await interleave(2, { a: visit("a"), b: visit("b") })).toEqual({ a: [1, 3], b: [2, 4] });
    expect(visits).toEqual(["a", "b", "a", "b"]);
  });
});
