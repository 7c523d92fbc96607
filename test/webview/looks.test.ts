// @vitest-environment node
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Locale } from "../../protocol/l10n/locale.ts";
import { MENTIONS, SCENARIO_NAMES, type ScenarioName, messagesOf, scenario } from "./scenarios.ts";
import { type PanelFiles, PanelPage, buildPanel, launchChromium } from "./support/panel-page.ts";

const SHOTS = new URL("../../artifacts/webview/", import.meta.url).pathname;
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

const RUN_AXE = `axe.run({
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations'],
}).then((results) => results.violations)`;

interface Finding {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

let browser: Browser;
let files: PanelFiles;

beforeAll(async () => {
  await mkdir(SHOTS, { recursive: true });
  [browser, files] = await Promise.all([launchChromium(), buildPanel()]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
});

/** Shows a scenario on a page that showed another one before: nothing of that may be left. */
async function show(panel: PanelPage, name: ScenarioName, look: { width: number; locale: Locale }): Promise<void> {
  const { page } = panel;
  await page.setViewportSize({ width: look.width, height: name === "failed" || name === "connecting" ? 480 : 768 });
  await page.mouse.move(0, 0);
  const nothing = scenario("first-run", look.locale, 0);
  const wanted = scenario(name, look.locale, Date.now());
  const state = { ...wanted.state, place: look.width >= 560 ? ("editor" as const) : ("side" as const) };
  await panel.receive(...messagesOf(nothing));
  await panel.receive(...messagesOf({ ...wanted, state }));
  if (wanted.afterwards === "open-sessions") await page.locator(".head button").first().click();
  if (wanted.afterwards === "open-step") {
    await page.locator(".runsum").click();
    await page.locator("summary.step").first().click();
  }
  if (wanted.afterwards === "type") await page.locator("textarea").fill("Use two workers, like CI");
  if (wanted.afterwards === "slash") await page.locator("textarea").fill("/");
  if (wanted.afterwards === "at") {
    await page.locator("textarea").fill("@");
    await panel.receive({ type: "mentions", query: "", options: MENTIONS });
  }
  if (wanted.afterwards === "open-models") await page.locator(".bar [aria-haspopup=menu]").click();
  if (wanted.afterwards === "scroll-up") {
    await page.locator(".scroll").hover();
    await page.mouse.wheel(0, -900);
    const isAway =
      "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight > 100)(document.querySelector('.scroll'))";
    await panel.until(isAway);
    await panel.drawn();
    const item = { kind: "notice", id: "late", text: "Late", at: 0 } as const;
    await panel.receive({ type: "transcript", sessionKey: state.sessionKey, patch: { type: "upsert", item } });
    await page.locator(".jump").waitFor();
  }
  await panel.drawn();
}

describe.each([
  { theme: "dark", width: 360, locale: "en" },
  { theme: "light", width: 360, locale: "zh-cn" },
  { theme: "hc-dark", width: 290, locale: "en" },
  { theme: "light", width: 640, locale: "en" },
] as const)("the panel in $theme at $width px in $locale", (look) => {
  let panel: PanelPage;
  beforeAll(async () => {
    panel = await PanelPage.open(browser, files, { ...look, height: 768 });
    // Evaluated by the debugger, outside of the page's policy.
    await panel.page.evaluate(await readFile(axe, "utf8"));
  }, 30_000);
  afterAll(async () => {
    await panel?.page.close();
  });

  it.each(SCENARIO_NAMES)(
    "shows %s without accessibility findings, overflow or errors",
    async (name) => {
      await show(panel, name, look);
      await panel.page.screenshot({
        path: `${SHOTS}${name}.${look.theme}.${look.width}.${look.locale}.png`,
        animations: "disabled",
      });
      const found = (await panel.page.evaluate(RUN_AXE)) as readonly Finding[];
      expect(
        found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n")}`),
      ).toEqual([]);
      const overflow = await panel.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow).toBe(0);
      expect(panel.troubles).toEqual([]);
    },
    30_000,
  );
});
