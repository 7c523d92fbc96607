// @vitest-environment node
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode } from "../../protocol/errors/catalogue.ts";
import type { Locale } from "../../protocol/l10n/locale.ts";
import { translator } from "../../protocol/l10n/translate.ts";
import { CODES, HOSTILE, ORDINARY, type Values, brokenLadder, failureOf } from "./failures.ts";
import { messagesOf, scenario } from "./scenarios.ts";
import { ContactSheet } from "./support/contact-sheet.ts";
import { type PanelFiles, PanelPage, buildPanel, launchChromium } from "./support/panel-page.ts";

const SHOTS = new URL("../../artifacts/webview/", import.meta.url).pathname;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RUN_AXE = `axe.run(document.querySelector(".ladder"), {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
}).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;

let browser: Browser;
let files: PanelFiles;

beforeAll(async () => {
  await mkdir(SHOTS, { recursive: true });
  [browser, files] = await Promise.all([launchChromium(), buildPanel()]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
});

async function show(panel: PanelPage, code: ErrorCode, locale: Locale, values: Values): Promise<void> {
  const { state } = scenario("failed", locale, Date.now());
  const failure = failureOf(code, values);
  const connection = {
    phase: "failed",
    target: values.host,
    failure,
    ladder: brokenLadder(failure.step),
  } as const;
  await panel.receive(...messagesOf({ state: { ...state, connection }, items: [] }));
}

it("there is a card for every entry of the catalogue", () => {
  expect([...CODES].sort()).toEqual(Object.keys(ERRORS).sort());
});

describe.each([
  { theme: "dark", width: 290, locale: "en" },
  { theme: "light", width: 640, locale: "zh-cn" },
  { theme: "hc-light", width: 360, locale: "en" },
  { theme: "light", width: 290, locale: "zh-cn" },
] as const)("a card in $theme at $width px in $locale", (look) => {
  const t = translator(look.locale);
  const sheet = new ContactSheet(look.width);
  let panel: PanelPage;
  beforeAll(async () => {
    panel = await PanelPage.open(browser, files, { ...look, height: 700 });
    await panel.page.evaluate(await readFile(axe, "utf8"));
  }, 30_000);
  afterAll(async () => {
    await panel?.page.close();
    await sheet.save(browser, `${SHOTS}cards.${look.theme}.${look.width}.${look.locale}.png`);
  }, 30_000);

  const read = (selector: string) => panel.page.locator(selector).innerText();
  /** Whether anything of the card lies beyond its edge, the title included. */
  const isCut = () =>
    panel.page.evaluate(
      "[document.documentElement, document.querySelector('li:has(.fix) .what')].some((e) => e.scrollWidth > e.clientWidth + 1)",
    );

  it.each(CODES)("%s says what, why and what to do, with the values, and is readable for everybody", async (code) => {
    await show(panel, code, look.locale, ORDINARY);
    const card = await read(".fix");
    const failure = failureOf(code, ORDINARY);
    for (const part of ["title", "why", "remedy"] as const) {
      const values = Object.fromEntries(failure.facts.map(({ label, value }) => [label, value]));
      const words = t(`error.${code}.${part}`, { ...values, detail: failure.message });
      expect(words, "every place of the sentence is filled").not.toMatch(/\{\w+\}/);
      expect(part === "title" ? await read("li:has(.fix) .what") : card).toContain(words);
    }
    for (const { label, value } of failure.facts) {
      const everywhere = await read(".ladder");
      expect(everywhere, `the ${label} is shown`).toContain(value);
    }
    const buttons = panel.page.locator(".fix button.btn");
    expect(await buttons.allInnerTexts()).toEqual(ERRORS[code].actions.map((action) => t(`action.${action}`)));
    expect(await buttons.count()).toBeLessThanOrEqual(2);
    expect(await panel.page.getByRole("button", { name: t("panel.failed.copyDetails") }).count()).toBe(1);
    expect(await isCut()).toBe(false);
    expect(await panel.page.evaluate(RUN_AXE)).toEqual([]);
    sheet.add(code, await panel.page.locator("li:has(.fix)").screenshot({ animations: "disabled" }));
  });

  it.each(CODES)("%s stands what a hostile host can say", async (code) => {
    await show(panel, code, look.locale, HOSTILE);
    expect(await isCut()).toBe(false);
    expect(await panel.page.locator(".fix :is(b, a, img, script)").count()).toBe(0);
    const text = await panel.page.locator(".ladder").innerText();
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]|\p{Cc}(?<![\n\t])/u);
    expect(panel.troubles).toEqual([]);
  });
});
