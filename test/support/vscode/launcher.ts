#!/usr/bin/env -S node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { startCodeServer } from "../../../scripts/vscode/code-server.ts";
import { launchBrowser } from "./browser.ts";
import { signIn } from "./sign-in.ts";

/**
 * Stands in for the desktop VS Code executable: `@vscode/test-electron` starts it with the two `--extension…Path`
 * options, and it runs the same suite in the real VS Code that npm brings, in a headless browser. Needs
 * OPENCLAW_CODE_SERVER (the package's folder). Ends with the exit code of the suite.
 */
const { values } = parseArgs({
  options: { extensionDevelopmentPath: { type: "string" }, extensionTestsPath: { type: "string" } },
  strict: false,
});

async function main(): Promise<number> {
  const home = process.env["OPENCLAW_CODE_SERVER"];
  if (home === undefined) throw new Error("OPENCLAW_CODE_SERVER is not set: start the suite with npm test");
  const workspace = await mkdtemp(join(tmpdir(), "openclaw-workspace-"));
  const server = await startCodeServer({
    home,
    workspace,
    // Tests ask nobody in the network.
    settings: { "openclaw.discovery": false },
    log: debugLog,
  });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await signIn(page, server);
    await loadExtensionUnderTest(page, new URL(server.url));
    const finished = suiteExit(page);
    await page.goto(`${server.url}/?folder=${encodeURIComponent(workspace)}`);
    return await finished;
  } finally {
    await browser.close();
    await server.stop();
    await rm(workspace, { recursive: true, force: true });
  }
}

/** The workbench of a browser takes the two paths from its configuration, not from a command line. */
async function loadExtensionUnderTest(page: Page, server: URL): Promise<void> {
  const remote = (path: unknown) => ({ scheme: "vscode-remote", authority: server.host, path });
  await page.route(
    (url) => url.pathname === "/",
    async (route) => {
      const response = await route.fetch();
      const html = await response.text();
      const body = html.replace(
        /(id="vscode-workbench-web-configuration" data-settings=")([^"]*)"/,
        (_match, start: string, settings: string) => {
          const configuration: object = JSON.parse(settings.replaceAll("&quot;", '"').replaceAll("&amp;", "&"));
          const developmentOptions = {
            extensions: [remote(values.extensionDevelopmentPath)],
            extensionTestsPath: remote(values.extensionTestsPath),
          };
          const json = JSON.stringify({ ...configuration, developmentOptions });
          return `${start}${json.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"`;
        },
      );
      await route.fulfill({ response, body });
    },
  );
}

/** VS Code calls these two functions of its window when they exist: the suite's console, and its end. */
async function suiteExit(page: Page): Promise<number> {
  await page.exposeFunction("codeAutomationLog", (type: string, args: readonly unknown[]) => {
    debugLog(`${type} ${args.map(String).join(" ")}`);
  });
  return new Promise((resolve, reject) => {
    page.exposeFunction("codeAutomationExit", (code: number) => resolve(code)).catch(reject);
    page.on("crash", () => reject(new Error("The page of VS Code crashed")));
    page.on("close", () => reject(new Error("The page of VS Code was closed before the suite ended")));
  });
}

function debugLog(line: string): void {
  if (process.env["OPENCLAW_TEST_VERBOSE"] !== undefined) process.stderr.write(`${line}\n`);
}

process.exitCode = await main();
