import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { portableQuote } from "../../../remote/onboarding/portable-quote.ts";
import { anyText } from "./any-text.ts";

const SHELLS = ["/bin/sh", "/bin/bash", "/usr/bin/fish", "/usr/bin/csh", "/usr/bin/tcsh"];

describe("an argument for whatever login shell a host has", () => {
  it.each(["'", "\\", "!", "\n", "\r", "\0", "\u001b", "a'b", "it\\'s"])("is refused when it has %j", (text) => {
    expect(portableQuote(text)).toBeUndefined();
  });

  it.for(SHELLS)("reaches a program unchanged through %s", (shell, { skip }) => {
    skip(!existsSync(shell), `${shell} is not installed`);
    const nasty = ["", " ", "$HOME", "$(id)", "`id`", "a b", "*", "~", "-n", ";|&<>", '"', "#x", "{a,b}", "%s", "é 文"];
    const words = nasty.map((text) => portableQuote(text) ?? "");
    const script = `process.stdout.write(JSON.stringify(process.argv.slice(1)))`;
    const command = `'${process.execPath}' -e '${script}' -- ${words.join(" ")}`;
    const said = execFileSync(shell, ["-c", command], { encoding: "utf8" });
    expect(JSON.parse(said)).toEqual(nasty);
  });

  it("is one word or refused, whatever it is", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const quoted = portableQuote(text);
        if (quoted === undefined) expect(/['\\!\p{Cc}]/u.test(text) || !text.isWellFormed()).toBe(true);
        else expect(quoted.slice(1, -1)).toBe(text);
      }),
    );
  });

  it("means the same to sh, whatever it is", () => {
    const args = fc.array(anyText, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(args, (texts) => {
        const fit = texts.filter((text) => portableQuote(text) !== undefined);
        const command = `printf '%s\\n' ${fit.map((text) => portableQuote(text)).join(" ")}`;
        const said = execFileSync("/bin/sh", ["-c", fit.length === 0 ? ":" : command], { encoding: "utf8" });
        expect(said).toBe(fit.map((text) => `${text}\n`).join(""));
      }),
      { numRuns: 30 },
    );
  });
});
