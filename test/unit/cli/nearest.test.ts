import { describe, expect, it } from "vitest";
import { nearest } from "../../../sidecar/cli/nearest.ts";

const commands = ["health", "status", "gateway health", "gateway status", "gateway call", "run"];

describe("the nearest known word", () => {
  it.each([
    ["healt", "health"],
    ["haelth", "health"],
    ["helth", "health"],
    ["stauts", "status"],
    ["rum", "run"],
    ["gateway cal", "gateway call"],
    ["gateway helth", "gateway health"],
  ])("of %s is %s", (word, expected) => {
    expect(nearest(word, commands)).toBe(expected);
  });

  it.each(["", "x", "deploy", "configuration"])("of %j is none", (word) => {
    expect(nearest(word, commands)).toBeUndefined();
  });
});
