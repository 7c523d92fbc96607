import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCommands, readModels } from "../../../extension/chat/gateway-catalog.ts";
import { type EditorContext, Mentions, excerptMention, problemsMention } from "../../../extension/chat/mentions.ts";

const CONTEXT: EditorContext = {
  selection: () => ({ path: "src/a.ts", language: "typescript", text: "x", lines: { first: 3, last: 5 } }),
  problems: () => [{ path: "src/a.ts", line: 3, severity: "error", message: "no\n\u202esuch thing" }],
  findFiles: async () => [{ id: "file:///w/b.ts", path: "b.ts" }],
  readFile: async () => undefined,
};

describe("a mention", () => {
  it("can be the selection, the problems or a file", async () => {
    const mentions = new Mentions(CONTEXT);
    expect(await mentions.find("")).toEqual([
      { id: "selection", kind: "selection", label: "src/a.ts:3-5" },
      { id: "problems", kind: "problems", label: "1" },
      { id: "file:///w/b.ts", kind: "file", label: "b.ts" },
    ]);
    expect((await mentions.find("prob")).map(({ kind }) => kind)).toEqual(["problems", "file"]);
    expect(await mentions.pick("selection")).toBeUndefined();
    expect(await mentions.pick("file:///w/b.ts")).toBeUndefined();
    expect(await mentions.pick("problems")).toEqual({
      reference: "@problems",
      excerpt: "```text problems\nsrc/a.ts:3 error: no such thing\n```",
    });
  });

  it("is cut where nobody would read on, and says so", () => {
    const long = excerptMention({ path: "a.log", language: "log", text: "line\n".repeat(50_000) });
    expect(long.excerpt.length).toBeLessThan(50_000);
    expect(long.excerpt).toMatch(/… \d+ more lines\n```$/);
    const wide = excerptMention({ path: "a.json", language: "json", text: "x".repeat(10_000_000) });
    expect(wide.excerpt.length).toBeLessThan(50_000);
    const problem = { path: "a", line: 1, severity: "info", message: "m".repeat(9_999) } as const;
    expect(problemsMention(Array.from({ length: 5_000 }, () => problem)).excerpt.length).toBeLessThan(20_000);
  });

  it("never lets a file end its own fence or write beside it", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (path, text) => {
        const { excerpt } = excerptMention({ path: `${path}\n\`\`\``, language: "x", text: `${text}\n\`\`\`\`\n` });
        const lines = excerpt.split("\n");
        const fence = /^`+/.exec(lines[0] ?? "")?.[0] ?? "";
        expect(fence.length).toBeGreaterThanOrEqual(5);
        expect(lines.findIndex((line, index) => index > 0 && line.startsWith(fence))).toBe(lines.length - 1);
        expect(lines[0]).not.toMatch(/`(?=[^`]*$)(?<!^`+)/);
      }),
    );
  });
});

describe("what a Gateway offers", () => {
  it("is read as far as it can be typed", () => {
    const entries = [
      "status",
      "/model",
      "x y",
      "rm\u202e",
      "",
      "status",
      "\u4f60\u597d",
      "a".repeat(300),
      null,
      { name: 1 },
    ];
    const commands = entries.map((entry) =>
      typeof entry === "string" ? { name: entry, description: "a\n\u0007b" } : entry,
    );
    expect(readCommands({ commands })).toEqual(
      ["/status", "/model", "/\u4f60\u597d"].map((name) => ({ name, description: "a b", acceptsArgs: false })),
    );
    expect(readCommands({ commands: Array.from({ length: 90_000 }, (_, n) => ({ name: `c${n}` })) })).toHaveLength(500);
  });

  it("leaves out models that may not be chosen", () => {
    const models = [
      { id: "a", provider: "p", name: "A", contextWindow: 5, available: false },
      { id: "b", provider: "p", manualSelectionAllowed: false },
      { id: "c" },
      { provider: "p", id: "x".repeat(300) },
      "d",
    ];
    expect(readModels({ models })).toEqual([
      { ref: "p/a", name: "A", provider: "p", contextTokens: 5, isAvailable: false },
    ]);
  });

  it("is never believed to have a shape", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(() => [readCommands({ commands: value }), readModels({ models: value })]).not.toThrow();
      }),
    );
  });
});
