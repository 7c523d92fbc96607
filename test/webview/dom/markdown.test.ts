import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { translator } from "../../../protocol/l10n/translate.ts";
import { BlockStream } from "../../../webview/markdown/blocks.ts";
import { showUnseen } from "../../../webview/markdown/escape.ts";
import { linkTarget } from "../../../webview/markdown/links.ts";
import { renderBlock } from "../../../webview/markdown/render.ts";
import { toNodes } from "../../../webview/markdown/sanitize.ts";
import { HOSTILE_MARKDOWN } from "../fixtures/hostile-markdown.ts";

const t = translator("en");

function draw(...markdown: readonly string[]): HTMLElement {
  const root = document.createElement("div");
  for (const raw of markdown) root.append(toNodes(renderBlock({ raw, links: {} }, "whole", t)));
  return root;
}

/** Markup without the line breaks that stand between blocks. */
function markup(root: HTMLElement): string {
  return root.innerHTML.replaceAll(/>\n+/g, ">").replaceAll(/\n+</g, "<");
}

function grown(text: string, sizes: readonly number[]): HTMLElement {
  const stream = new BlockStream();
  let at = 0;
  for (let turn = 0; at < text.length; turn++) {
    at = Math.min(text.length, at + (sizes[turn % sizes.length] ?? 1));
    stream.update(text.slice(0, at), "growing");
  }
  const root = document.createElement("div");
  for (const block of stream.update(text, "whole")) root.append(toNodes(renderBlock(block, "whole", t)));
  return root;
}

const DOCUMENTS: readonly string[] = [
  "One.\n\nTwo **bold\nand** more.\n\n# Head\n\nLast",
  "- a\n- b\n\n  still b\n\n- c\n\nAfter the list.\n\n1. x\n2. y\n   - deep\n",
  "- a\n\n\n- b\n* c\n* d\n\ntext",
  "```ts\nconst a = `x`;\n\n# not a heading\n```\nafter\n~~~\nopen to the end\n\nof it",
  "| a | b |\n|---|--:|\n| 1 | 2 |\n\n> quote\n> more\n\n> another\n\n---\n\nend",
  "See [this][a] and [that].\n\nText.\n\n[a]: https://example.org/a\n[that]: https://example.org/that\n\nDone [again][a].",
  "Title\n===\n\nSub\n---\nline\n\n    code by indent\n\n    more\n\nend",
  "<details><summary>x</summary>\n\ninner\n\n</details>\n\n<!-- gone\n\nstill gone -->\n\nend",
  "- [ ] open\n- [x] done\n\n1) one\n\n2) two\n",
];

describe("a growing answer", () => {
  it.each(DOCUMENTS)("looks in the end as if it had come at once: %j", (text) => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        expect(markup(grown(text, sizes))).toBe(markup(draw(text)));
      }),
      { numRuns: 40 },
    );
  });

  it("never touches a finished block again", () => {
    const stream = new BlockStream();
    const before = stream.update("One.\n\nTwo.\n\nThree", "growing");
    const after = stream.update("One.\n\nTwo.\n\nThree and more.\n\nFour", "growing");
    expect(before.slice(0, 1)).toEqual(after.slice(0, 1));
    expect(after[0]).toBe(before[0]);
  });

  it("starts over when the text is another one", () => {
    const stream = new BlockStream();
    stream.update("One.\n\nTwo.\n\nThree.\n", "growing");
    expect(stream.update("Other.", "whole").map(({ raw }) => raw)).toEqual(["Other."]);
  });
});

describe("hostile markdown", () => {
  const TAGS = new Set(
    "p br hr h2 h3 ul ol li blockquote table thead tbody tr th td div span figure figcaption pre code button a strong em b i u s del ins mark small sub sup kbd var samp q".split(
      " ",
    ),
  );
  const ATTRIBUTES =
    /^(?:class|title|type|role|tabindex|scope|start|aria-label|aria-hidden|data-(?:href|act|language))$/;

  it.each(HOSTILE_MARKDOWN)("draws nothing that runs, loads or navigates: %j", (markdown) => {
    for (const root of [draw(markdown), grown(markdown, [1])]) {
      for (const element of root.querySelectorAll("*")) {
        expect(TAGS).toContain(element.localName);
        expect(element.namespaceURI).toBe("http://www.w3.org/1999/xhtml");
        for (const { name } of element.attributes) expect(name).toMatch(ATTRIBUTES);
        expect(element.getAttribute("data-href") ?? "none").toMatch(
          /^(?:https?:\/\/|mailto:|(?![a-z][\w+.-]*:|[/\\]{2}))/i,
        );
      }
      const actions = [...root.querySelectorAll("[data-act]")];
      expect(actions.every((button) => button.closest("figure.code") !== null)).toBe(true);
    }
  });

  it.each([
    ["a nesting of quotes", ">".repeat(20_000)],
    ["a nesting of lists", Array.from({ length: 2_000 }, (_, n) => `${" ".repeat(n)}- a`).join("\n")],
    ["quadratic emphasis", "_a".repeat(100_000)],
    ["unclosed brackets", "[".repeat(100_000)],
    ["unclosed links", "![a](".repeat(40_000)],
    ["unclosed tags", "<a ".repeat(60_000)],
    ["a wide table", `${"|".repeat(20_000)}\n${"|-".repeat(10_000)}`],
    ["backticks", "`a".repeat(60_000)],
  ])("takes no time for %s and shows the text", (_name, text) => {
    const began = performance.now();
    expect(draw(text).textContent.length).toBeGreaterThan(0);
    const blocks = new BlockStream().update(text, "growing");
    expect(blocks.length).toBeGreaterThan(0);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("shows the true target of a link, whatever its words say", () => {
    expect(draw("[https://bank.example](https://xn--bnk-sna.example/)").querySelector("a")?.title).toBe(
      "https://xn--bnk-sna.example/",
    );
  });

  it("lets a little emphasis through and shows other tags as text", () => {
    expect(draw("Press <kbd>Ctrl</kbd> in <foo>").innerHTML).toBe("<p>Press <kbd>Ctrl</kbd> in &lt;foo&gt;</p>");
  });
});

describe("links", () => {
  it.each([
    ["https://example.org/a?b=c#d", "https://example.org/a?b=c#d"],
    ["mailto:a@example.org", "mailto:a@example.org"],
    ["https://bücher.example", "https://xn--bcher-kva.example/"],
    ["src/a.ts", "src/a.ts"],
    ["src/a.ts:44", "src/a.ts:44"],
    ["reconnect.test.ts:44", "reconnect.test.ts:44"],
    ["./a%20b.md#L3", "./a%20b.md#L3"],
    ["/abs/file.ts", "/abs/file.ts"],
  ])("lead from %s to %s", (href, target) => expect(linkTarget(href)).toBe(target));

  it.each([
    "",
    "#top",
    "?q",
    "//host/x",
    "\\\\host\\x",
    "c:\\x",
    "javascript:1",
    "a.b:javascript",
    "https://u:p@host/",
    "src/\u202Ets.exe",
    "x\ty",
  ])("lead nowhere from %j", (href) => expect(linkTarget(href)).toBeUndefined());
});

it("shows control, bidi and invisible characters of a command as escapes", () => {
  expect(showUnseen("rm\u200b -rf \u202e/\u0007\ta\nb\u3164")).toBe(
    "rm\\u{200b} -rf \\u{202e}/\\u{0007}\ta\nb\\u{3164}",
  );
});
