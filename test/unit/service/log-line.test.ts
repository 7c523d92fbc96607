import { describe, expect, it } from "vitest";
import { encodeLogLine, humanLogLine, parseLogLine } from "../../../sidecar/service/log-line.ts";

const entry = { time: "2026-11-22T10:45:39.985Z", level: "warn", message: "no answer from home" };

describe("a line of the log", () => {
  it("is one line of JSON whatever the message holds, and can be read again", () => {
    const odd = { ...entry, message: 'two\nlines, "quotes" and \u001b[31mred' };
    const line = encodeLogLine(odd);
    expect(line).not.toContain("\n");
    expect(parseLogLine(line)).toEqual(odd);
  });

  it("is cut when a message would crowd out the others", () => {
    expect(encodeLogLine({ ...entry, message: "x".repeat(1_000_000) }).length).toBeLessThan(10_000);
  });

  it("cannot move the cursor of who reads it", () => {
    const shown = humanLogLine(encodeLogLine({ ...entry, message: "bad \u001b[2J\u202eword\nsecond" }));
    expect(shown).toMatch(/^2026-11-2\d \d\d:\d\d:\d\d warn {2}bad {1,2}\[2J word\n {4}second$/);
    expect(humanLogLine("cut \u001b[2J line")).toBe("cut  [2J line");
  });

  it("is shown as it stands when it is no entry", () => {
    expect(parseLogLine('{"time":1}')).toEqual({ time: "", level: "", message: '{"time":1}' });
    expect(humanLogLine('{"ti')).toBe('{"ti');
  });
});
