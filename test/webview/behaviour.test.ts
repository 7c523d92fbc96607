// @vitest-environment node
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { ChatItem, TranscriptPatch } from "../../protocol/chat/transcript.ts";
import { HOSTILE_MARKDOWN } from "./fixtures/hostile-markdown.ts";
import { messagesOf, scenario } from "./scenarios.ts";
import { type PanelFiles, PanelPage, buildPanel, launchChromium } from "./support/panel-page.ts";

let browser: Browser;
let files: PanelFiles;
let panel: PanelPage;

beforeAll(async () => {
  [browser, files] = await Promise.all([launchChromium(), buildPanel()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
});
beforeEach(async () => {
  panel = await PanelPage.open(browser, files, { theme: "dark", width: 360, height: 600 });
});
afterEach(async () => {
  await panel.page.close();
  if (panel.troubles.length > 0) throw new Error(`The page complained: ${panel.troubles.join("\n")}`);
});

function conversation(turns: number): readonly ChatItem[] {
  return Array.from({ length: turns }, (_, n): readonly ChatItem[] => [
    { kind: "question", id: `q${n}`, text: `Question ${n}`, at: n, delivery: "sent" },
    {
      kind: "run",
      id: `r${n}`,
      runId: `r${n}`,
      steps: [],
      text: `Answer ${n}.\n\n${"It has some words. ".repeat((n * 7) % 40)}\n\n- one\n- two`,
      status: "done",
      startedAt: n,
      endedAt: n,
    },
  ]).flat();
}

const base = scenario("idle", "en", 0).state;
const open = (items: readonly ChatItem[], hasEarlier = "no"): Promise<void> =>
  panel.receive(
    { type: "state", ...base },
    { type: "transcript", sessionKey: "main", patch: { type: "reset", items, hasEarlier: hasEarlier === "yes" } },
  );
const patch = (change: TranscriptPatch): Promise<void> =>
  panel.receive({ type: "transcript", sessionKey: "main", patch: change });
const fromEnd = (): Promise<number> =>
  panel.page.evaluate(
    "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector('.scroll'))",
  );
const topOf = (id: string): Promise<number> =>
  panel.page.evaluate(`document.querySelector('[data-id="${id}"]').getBoundingClientRect().top`);
const streaming = (text: string): ChatItem => ({
  kind: "run",
  id: "live",
  runId: "live",
  steps: [],
  text,
  status: "streaming",
  startedAt: Date.now(),
});

async function wheel(by: number): Promise<void> {
  await panel.page.locator(".scroll").hover();
  const before = await fromEnd();
  await panel.page.mouse.wheel(0, by);
  await expect.poll(async () => Math.abs((await fromEnd()) - before)).toBeGreaterThan(10);
  await panel.drawn();
}

it("opens at the end and follows what streams in", async () => {
  await open([...conversation(20), streaming("")]);
  expect(await fromEnd()).toBeLessThan(2);
  for (let n = 0; n < 30; n++) await patch({ type: "append", id: "live", text: `Line ${n}.\n\n` });
  expect(await fromEnd()).toBeLessThan(2);
}, 30_000);

it("leaves a reader where they are while an answer grows, and brings them to the end on demand", async () => {
  await open([...conversation(20), streaming("Begin.\n\n")]);
  await wheel(-400);
  const row = (await panel.page.evaluate(
    "[...document.querySelectorAll('.row')].find((row) => row.getBoundingClientRect().bottom > 100).dataset.id",
  )) as string;
  const top = await topOf(row);
  for (let n = 0; n < 10; n++) await patch({ type: "append", id: "live", text: `Line ${n}.\n\n` });
  await patch({ type: "upsert", item: { kind: "notice", id: "new", text: "Something new", at: 0 } });
  expect(Math.abs((await topOf(row)) - top)).toBeLessThan(2);
  const jump = panel.page.locator(".jump");
  expect(await jump.textContent()).toBe("1 new");
  await jump.click();
  await panel.drawn();
  expect(await fromEnd()).toBeLessThan(2);
  expect(await jump.count()).toBe(0);
}, 30_000);

it("keeps the place when earlier messages arrive at the top", async () => {
  await open(conversation(10), "yes");
  await panel.takePosted();
  await panel.page.evaluate("document.querySelector('.scroll').scrollTop = 0");
  await panel.drawn();
  expect((await panel.takePosted()).filter(({ type }) => type === "loadEarlier")).toHaveLength(1);
  const top = await topOf("q0");
  const earlier = conversation(30).map((item) => ({ ...item, id: `old-${item.id}` }));
  await patch({ type: "prepend", items: earlier, hasEarlier: false });
  await panel.drawn();
  expect(Math.abs((await topOf("q0")) - top)).toBeLessThan(40);
}, 30_000);

it("fills the viewport wherever one scrolls in 5,000 messages, with few rows in the document", async () => {
  await open(conversation(2_500));
  const height = (await panel.page.evaluate("document.querySelector('.scroll').scrollHeight")) as number;
  for (const part of [0.9, 0.5, 0.51, 0.1, 0, 0.75]) {
    await panel.page.evaluate(`document.querySelector('.scroll').scrollTop = ${height * part}`);
    await panel.drawn();
    const covered = await panel.page.evaluate(
      `[150, 300, 450].every((y) => document.elementFromPoint(120, y).closest('.row, .dock') !== null)`,
    );
    expect(covered).toBe(true);
    expect(await panel.page.locator(".row").count()).toBeLessThan(60);
  }
}, 60_000);

it("pins the question whose answer is read, and goes to it", async () => {
  const [question, answer] = conversation(1);
  if (question === undefined || answer?.kind !== "run") throw new Error("no conversation");
  await open([question, { ...answer, text: "Word.\n\n".repeat(80) }]);
  expect(await panel.page.locator(".pin").textContent()).toBe("Question 0");
  await panel.page.locator(".pin").click();
  await panel.drawn();
  expect(await panel.page.locator(".pin").count()).toBe(0);
  expect(await topOf("q0")).toBeGreaterThan(20);
}, 30_000);

it("is one stop of the Tab key: arrows between messages, Enter inside, Escape out", async () => {
  await open(conversation(3));
  const focused = (): Promise<string> =>
    panel.page.evaluate("((e) => e.dataset.id ?? e.getAttribute('aria-label') ?? e.localName)(document.activeElement)");
  await panel.page.locator("textarea").focus();
  await panel.page.keyboard.press("Shift+Tab");
  expect(await focused()).toBe("r2");
  await panel.page.keyboard.press("ArrowUp");
  expect(await focused()).toBe("q2");
  await panel.page.keyboard.press("Enter");
  expect(await focused()).toBe("Copy");
  await panel.page.keyboard.press("Escape");
  expect(await focused()).toBe("q2");
  await panel.page.keyboard.press("Tab");
  expect(await focused()).toBe("Message");
}, 30_000);

it("draws hostile answers without a script, a request or a broken policy", async () => {
  const items = HOSTILE_MARKDOWN.map((text, n): ChatItem => ({
    kind: "run",
    id: `x${n}`,
    runId: `x${n}`,
    steps: [],
    text,
    status: "done",
    startedAt: 0,
  }));
  for (let at = 0; at < items.length; at += 8) {
    await open(items.slice(at, at + 8));
    for (const link of await panel.page.locator("[data-href]").all()) await link.click();
    expect(panel.page.url()).toBe("http://panel.test/");
  }
  for (const message of await panel.takePosted()) {
    expect(message.type === "openLink" ? message.href : "https:").toMatch(/^(?:https?:|mailto:|y$)/);
  }
}, 60_000);

it("opens links through the host alone, also with the middle button", async () => {
  await open([
    { kind: "run", id: "r", runId: "r", steps: [], text: "[a](https://example.org/)", status: "done", startedAt: 0 },
  ]);
  await panel.takePosted();
  await panel.page.locator("[data-href]").click({ button: "middle" });
  await panel.page.locator("[data-href]").focus();
  await panel.page.keyboard.press("Enter");
  const opened = (await panel.takePosted()).filter(({ type }) => type === "openLink");
  expect(opened.map((message) => message.type === "openLink" && message.href)).toEqual([
    "https://example.org/",
    "https://example.org/",
  ]);
  expect(browser.contexts().flatMap((context) => context.pages())).toHaveLength(1);
}, 30_000);

it("lets the composer grow with its text, to 40% of the panel", async () => {
  await open(conversation(1));
  const field = panel.page.locator("textarea");
  const one = (await field.boundingBox())?.height ?? 0;
  await field.fill("a\nb\nc");
  expect((await field.boundingBox())?.height).toBeCloseTo(one + 40, 0);
  await field.fill("line\n".repeat(100));
  expect((await field.boundingBox())?.height).toBeLessThanOrEqual(600 * 0.4 + 1);
}, 30_000);

it("announces an answer in whole sentences, and stands still for those who ask for it", async () => {
  await panel.page.emulateMedia({ reducedMotion: "reduce" });
  await open([streaming("")]);
  const said: string[] = [];
  for (const text of ["The first ", "sentence is here. The sec", "ond one", " too. And"]) {
    await patch({ type: "append", id: "live", text });
    said.push((await panel.page.locator(".sr[role=status]").last().textContent()) ?? "");
  }
  expect(said.every((text) => text === "" || text.endsWith("."))).toBe(true);
  await expect
    .poll(() => panel.page.locator(".sr[role=status]").last().textContent(), { timeout: 6_000 })
    .toMatch(/sentence is here\.|too\.$/);
  expect(await panel.page.evaluate("document.getAnimations().filter((a) => a.playState === 'running').length")).toBe(0);
}, 30_000);

it("mirrors itself for a right-to-left reader, but never a command", async () => {
  const tools = scenario("tools", "en", 0);
  await panel.page.evaluate("document.documentElement.dir = 'rtl'");
  await panel.receive(...messagesOf(tools));
  await panel.page.locator(".runsum").click();
  expect(await panel.page.evaluate("getComputedStyle(document.querySelector('.step .mono')).direction")).toBe("ltr");
  const box = await panel.page.locator(".step .codicon").first().boundingBox();
  expect(box?.x).toBeGreaterThan(300);
  expect(await panel.page.evaluate("document.documentElement.scrollWidth")).toBe(360);
}, 30_000);
