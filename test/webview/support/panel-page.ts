import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { type Browser, type Page, chromium } from "playwright-core";
import type { HostMessage, ViewMessage } from "../../../protocol/webview/contract.ts";

const ORIGIN = "http://panel.test";
const ROOT = new URL("../../../", import.meta.url);
// As the extension sets it; a violation fails the test that sees it.
const POLICY = `default-src 'none'; style-src ${ORIGIN}; font-src ${ORIGIN}; script-src 'nonce-n0nce'`;

export type Theme = "light" | "dark" | "hc-dark" | "hc-light";

export interface PanelLook {
  readonly theme: Theme;
  readonly width: number;
  readonly height: number;
}

/** Files of a page by path, as the panel's build makes them. */
export type PanelFiles = ReadonlyMap<string, { readonly body: string | Buffer; readonly contentType: string }>;

/** Builds a page script (the panel's own entry by default) the way scripts/build.mjs does, in memory. */
export async function buildPanel(entry = "webview/app/main.tsx"): Promise<PanelFiles> {
  const result = await build({
    absWorkingDir: new URL(".", ROOT).pathname,
    entryPoints: { chat: entry },
    outdir: "/",
    write: false,
    bundle: true,
    minify: true,
    platform: "browser",
    format: "esm",
    target: "chrome138",
    jsx: "automatic",
    jsxImportSource: "preact",
    loader: { ".ttf": "file" },
    assetNames: "[name]",
    logLevel: "warning",
  });
  const files = new Map<string, { body: string | Buffer; contentType: string }>();
  for (const file of result.outputFiles) {
    const type = file.path.endsWith(".js") ? "text/javascript" : file.path.endsWith(".css") ? "text/css" : "font/ttf";
    files.set(file.path, { body: Buffer.from(file.contents), contentType: type });
  }
  for (const name of ["themes.css", "vscode-defaults.css"]) {
    files.set(`/${name}`, {
      body: await readFile(new URL(`test/webview/fixtures/${name}`, ROOT)),
      contentType: "text/css",
    });
  }
  return files;
}

/** Debian's Chromium, or the one that `CHROMIUM` names. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

/** A page that shows the panel as VS Code would, with the host played by the test. */
export class PanelPage {
  readonly page: Page;
  /** Uncaught errors, console errors and broken policy, in order; a test expects none. */
  readonly troubles: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.troubles.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") this.troubles.push(message.text());
    });
  }

  static async open(browser: Browser, files: PanelFiles, look: PanelLook): Promise<PanelPage> {
    const page = await browser.newPage({
      viewport: { width: look.width, height: look.height },
      deviceScaleFactor: 1.5,
    });
    const panel = new PanelPage(page);
    await page.route("**/*", async (route) => {
      const url = new URL(route.request().url());
      const file = url.origin === ORIGIN ? files.get(url.pathname) : undefined;
      if (url.href === `${ORIGIN}/`) {
        await route.fulfill({
          body: shell(look.theme),
          contentType: "text/html",
          headers: { "content-security-policy": POLICY },
        });
      } else if (file !== undefined) await route.fulfill(file);
      else {
        panel.troubles.push(`asked for ${url.href}`);
        await route.abort();
      }
    });
    await page.addInitScript(
      "globalThis.posted = []; globalThis.acquireVsCodeApi = () => ({ postMessage: (m) => { posted.push(m); } });",
    );
    // A module has run when the page has loaded: the panel listens.
    await page.goto(`${ORIGIN}/`);
    return panel;
  }

  /** What the panel told its host since the last call. */
  async takePosted(): Promise<readonly ViewMessage[]> {
    return (await this.page.evaluate("globalThis.posted.splice(0)")) as readonly ViewMessage[];
  }

  /** Says something as the host and waits until it is drawn. */
  async receive(...messages: readonly HostMessage[]): Promise<void> {
    for (const message of messages) await this.page.evaluate(`window.postMessage(${JSON.stringify(message)}, "*")`);
    await this.drawn();
  }

  /** Waits for an expression to become true; the policy of the page forbids Playwright's own way of waiting for one. */
  async until(expression: string): Promise<void> {
    while ((await this.page.evaluate(expression)) !== true) await this.drawn();
  }

  async drawn(): Promise<void> {
    await this.page.evaluate(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))",
    );
  }
}

function shell(theme: Theme): string {
  return `<!doctype html><html data-theme="${theme}" lang="en"><head><meta charset="utf-8"><title>OpenClaw</title>
<link rel="stylesheet" href="/vscode-defaults.css"><link rel="stylesheet" href="/themes.css"><link rel="stylesheet" href="/chat.css"></head>
<body><div id="app" class="oc-app"></div><script type="module" nonce="n0nce" src="/chat.js"></script></body></html>`;
}
