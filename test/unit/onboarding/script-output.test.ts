import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseScriptOutput } from "../../../remote/onboarding/script-output.ts";
import { anyText } from "./any-text.ts";

const NONCE = "0123456789abcdef";
const mark = (name: string): string => `openclaw:${NONCE}:${name}`;
const said = (body: string): string => `noise\n${mark("begin")}\n${body}\n${mark("end")}\nmore noise`;
const fileOf = (name: string, text: string): string => `${mark(`file:${name}`)}\n${text}\n${mark("file-end")}\n`;

describe("what a script has told", () => {
  it("is its values in order, between the marks only", () => {
    const output = parseScriptOutput(`a=0\n${said("a=1\nb=x=y\na=2\nno value\n=3\n")}\na=4`, NONCE);
    expect(output?.all("a")).toEqual(["1", "2"]);
    expect(output?.first("b")).toBe("x=y");
    expect(output?.first("c")).toBeUndefined();
  });

  it("is a file as it is, whatever is in it", () => {
    fc.assert(
      fc.property(anyText, fc.string(), (text, after) => {
        const value = after.replaceAll("\n", "");
        const output = parseScriptOutput(said(`${fileOf("config", text)}a=${value}\n`), NONCE);
        expect(output?.file("config")).toBe(text);
        expect(output?.first("a")).toBe(value);
      }),
    );
  });

  it("is nothing when the script was cut off anywhere, or when the marks are another run's", () => {
    const whole = said(`a=1\n${fileOf("config", "{}")}b=2\n`).replace(/more noise$/, "");
    for (let length = 0; length < whole.length; length++) {
      expect(parseScriptOutput(whole.slice(0, length), NONCE), `cut at ${length}`).toBeUndefined();
    }
    expect(parseScriptOutput(whole, NONCE)).toBeDefined();
    expect(parseScriptOutput(whole, "ffffffffffffffff")).toBeUndefined();
  });

  it("is something, whatever it is", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(parseScriptOutput(said(text), NONCE)).toBeDefined();
      }),
    );
  });
});
