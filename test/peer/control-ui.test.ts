import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ControlUi, serveControlUi } from "../support/control-ui.ts";
import type { RunningGateway } from "../support/gateway-under-test.ts";
import { startSidecarGateway } from "../support/sidecar-gateway.ts";
import { launchBrowser } from "../support/vscode/browser.ts";

let ui: ControlUi;
let gateway: RunningGateway;
let browser: Browser;
beforeAll(async () => {
  ui = await serveControlUi();
  gateway = await startSidecarGateway({ gateway: { controlUi: { allowedOrigins: [ui.origin] } } });
  browser = await launchBrowser();
  return async () => {
    await browser.close();
    await gateway.stop();
    await ui.stop();
  };
}, 300_000);

const pages: Page[] = [];
afterEach(async () => {
  await Promise.all(pages.splice(0).map((page) => page.close()));
});

/** The Control UI, sent to our sidecar as a link from elsewhere would: it asks, and a person agrees. */
async function open(): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 850 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  pages.push(page);
  await page.goto(`${ui.origin}/?gatewayUrl=${encodeURIComponent(gateway.url)}#token=${gateway.token}`);
  await page.getByRole("button", { name: /^Switch to/ }).click({ timeout: 60_000 });
  await composer(page).waitFor({ timeout: 60_000 });
  return { page, errors };
}

const composer = (page: Page) => page.getByPlaceholder(/^Message /);
const answerTo = (page: Page, question: string) =>
  page.getByText(new RegExp(`STUB-REPLY sum=\\d+: echo ${question}`)).first();

async function ask(page: Page): Promise<string> {
  const question = `ui-${randomUUID().slice(0, 8)}`;
  await composer(page).fill(question);
  await composer(page).press("Enter");
  await answerTo(page, question).waitFor({ timeout: 30_000 });
  return question;
}

describe("the real Control UI in a real browser against dist/sidecar.mjs", () => {
  it("connects, asks and shows the answer", async () => {
    const { page, errors } = await open();
    const question = await ask(page);
    expect(await page.locator("body").innerText()).toContain(question);
    expect(errors).toEqual([]);
  });

  it("shows the conversation again after a reload, without being asked for the token", async () => {
    const { page, errors } = await open();
    const question = await ask(page);
    await page.reload();
    await answerTo(page, question).waitFor({ timeout: 30_000 });
    const again = await ask(page);
    expect(again).not.toBe(question);
    expect(errors).toEqual([]);
  });

  it("is kept out when it comes from a page that nobody allowed", async () => {
    const stranger = await serveControlUi();
    const context = await browser.newContext();
    const page = await context.newPage();
    pages.push(page);
    await page.goto(`${stranger.origin}/?gatewayUrl=${encodeURIComponent(gateway.url)}#token=${gateway.token}`);
    await page.getByRole("button", { name: /^Switch to/ }).click({ timeout: 60_000 });
    await page
      .getByText(/origin not allowed|allowedOrigins/i)
      .first()
      .waitFor({ timeout: 30_000 });
    expect(await composer(page).count()).toBe(0);
    await stranger.stop();
  });
});
