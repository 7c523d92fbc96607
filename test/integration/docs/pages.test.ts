import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import JSON5 from "json5";
import { describe, expect, it } from "vitest";
import { ERRORS } from "../../../protocol/errors/catalogue.ts";
import { PAGES, ROOT, type Block, blocksOf, commandsOf, pageText } from "./markdown.ts";

interface SettingSchema {
  readonly type: string;
  readonly enum?: readonly unknown[];
}
interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly configuration: { readonly properties: Readonly<Record<string, SettingSchema>> };
  };
}
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
const words = JSON.parse(readFileSync(join(ROOT, "package.nls.json"), "utf8")) as Readonly<Record<string, string>>;

/** Names that a page may use: the titles of the palette. */
const titles = new Set(
  manifest.contributes.commands.map(({ category, title }) => `${category}: ${words[title.slice(1, -1)] ?? title}`),
);
const ids = new Set([
  ...manifest.contributes.commands.map(({ command }) => command),
  ...Object.keys(manifest.contributes.configuration.properties),
]);

it("finds the pages it is about", () => {
  for (const page of ["README.md", "README.zh-CN.md", "docs/remote.md", "docs/sidecar.md"])
    expect(PAGES).toContain(page);
});

describe.each(PAGES)("%s", (page) => {
  const text = pageText(page);

  it("names only commands of the palette and settings that there are", () => {
    for (const [, title = ""] of text.matchAll(/`(OpenClaw: [^`]+)`/g)) expect([...titles]).toContain(title);
    for (const [id] of text.matchAll(/\bopenclaw\.(?!json\b|org\b|mjs\b)[a-z][A-Za-z]+\b/g))
      expect([...ids]).toContain(id);
  });

  it("links only to what is there", () => {
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (target.startsWith("https://")) continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      expect(existsSync(join(ROOT, file)), `${page} links to ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(pageText(file))).toContain(anchor);
    }
  });

  it("names no path of the machine that it was written on", () => {
    expect(text).not.toMatch(/\/(?:root|work|tmp|home\/[a-z]+|Users)\//);
  });

  it("calls only npm scripts that there are", () => {
    for (const [, script = ""] of text.matchAll(/\bnpm run ([a-z:]+)/g))
      expect(Object.keys(manifest.scripts)).toContain(script);
  });
});

it("names only failures of the catalogue, and most of them", () => {
  const text = pageText("docs/remote.md");
  const table = text.slice(text.indexOf("## When it fails"));
  const named = [...table.matchAll(/`([A-Z]+(?:_[A-Z]+)+|[A-Z]+_[A-Z]+)`/g)].map(([, code = ""]) => code);
  for (const code of named) expect(Object.keys(ERRORS)).toContain(code);
  expect(new Set(named).size).toBeGreaterThan(30);
});

/** The pages whose blocks are all executed. */
const tested = ["docs/remote.md", "docs/sidecar.md"];

describe("a block of commands or settings", () => {
  const others = PAGES.flatMap((page) => (tested.includes(page) ? [] : blocksOf(page)));
  const isShell = ({ language }: Block): boolean => language === "sh";

  it("outside the pages that a test executes stands only where its commands have a test of their own", () => {
    // These are the project's own commands: the set-up, the whole check and the bench, which run everything else.
    for (const { page, text } of others.filter(isShell)) {
      for (const line of text.split("\n").filter((each) => each !== ""))
        expect(`${page}: ${line}`).toMatch(/: npm (?:start|test|run [a-z:]+|ci)(?: .*)?$/);
    }
  });

  it("in those pages is of a kind that is executed, so that none is passed over", () => {
    const kinds = /^(?:sh|sh (?:exit: \d|needs: [a-z-]+)|json5 (?:config|remote .+)|jsonc settings|text ssh-config)$/;
    for (const block of tested.flatMap(blocksOf))
      expect(`${block.language} ${block.note}`.trim(), `${block.page}:${block.line}`).toMatch(kinds);
  });

  it.each(tested)("of %s that needs something is named by the test that sets it up", (page) => {
    const test = readFileSync(join(import.meta.dirname, `${basename(page, ".md")}-page.test.ts`), "utf8");
    const needs = commandsOf(blocksOf(page)).flatMap((command) => command.needs ?? []);
    expect(needs.filter((each) => !test.includes(`commandThatNeeds(commands, "${each}")`))).toEqual([]);
  });
});

it.each(tested.flatMap(blocksOf).filter(({ note }) => note === "settings"))(
  "$page:$line sets every setting that there is, to a value that it takes",
  ({ text }) => {
    const settings = JSON5.parse<Readonly<Record<string, unknown>>>(text);
    const { properties } = manifest.contributes.configuration;
    expect(Object.keys(settings).toSorted()).toEqual(Object.keys(properties).toSorted());
    for (const [id, { type, enum: choices }] of Object.entries(properties)) {
      const value = settings[id];
      expect(Array.isArray(value) ? "array" : typeof value, id).toBe(type);
      if (choices !== undefined) expect(choices, id).toContain(value);
    }
  },
);

it("has every command of the palette that docs/remote.md names run by a person in a real VS Code", () => {
  const plays = globSync("test/vscode/person/*.ts", { cwd: ROOT }).map((file) =>
    readFileSync(join(ROOT, file), "utf8"),
  );
  const named = [
    ...new Set([...pageText("docs/remote.md").matchAll(/`(OpenClaw: [^`]+)`/g)].map(([, title]) => title)),
  ];
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((title) => !plays.some((play) => play.includes(`window.command("${title}")`)))).toEqual([]);
});

/** GitHub's anchors of the headings. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
