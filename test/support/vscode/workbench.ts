import type { FrameLocator, Locator, Page } from "playwright-core";
import type { CodeServer } from "../../../scripts/vscode/code-server.ts";
import { signIn } from "./sign-in.ts";

/** Milliseconds that one reaction of VS Code may take on a busy machine. */
const PATIENCE = 90_000;

/** A VS Code window as a person uses it: what is on the screen, keys and clicks. */
export class Workbench {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Signs in, opens the window and waits until its status bar stands. */
  static async open(page: Page, server: Pick<CodeServer, "url" | "password">): Promise<Workbench> {
    page.setDefaultTimeout(PATIENCE);
    await signIn(page, server);
    await page.goto(server.url);
    const workbench = new Workbench(page);
    await page.locator(".monaco-workbench .part.statusbar .statusbar-item").first().waitFor();
    return workbench;
  }

  /** The status bar item whose text contains this. */
  statusItem(text: string | RegExp): Locator {
    return this.page.locator(".part.statusbar .statusbar-item").filter({ hasText: text });
  }

  /** Runs a command through the palette, by its whole title. */
  async command(title: string): Promise<void> {
    const row = this.page
      .locator(".quick-input-widget .monaco-list-row")
      .filter({ has: this.page.getByText(title, { exact: true }) })
      .first();
    // A palette that was opened before the extension was known does not list its commands: open it again.
    for (let attempt = 1; ; attempt += 1) {
      await this.page.keyboard.press("F1");
      await this.quickInput().fill(`>${title}`);
      const shown = await row.waitFor({ timeout: attempt < 5 ? 3_000 : PATIENCE }).then(
        () => true,
        (error: unknown) => {
          if (attempt < 5) return false;
          throw error;
        },
      );
      if (shown) break;
      await this.page.keyboard.press("Escape");
    }
    await row.click();
  }

  /** The text field of the open quick pick or input box. */
  quickInput(): Locator {
    return this.page.locator(".quick-input-widget:visible .quick-input-box input");
  }

  /** The title of the open quick pick or input box. */
  quickTitle(text: string | RegExp): Locator {
    return this.page
      .locator(".quick-input-widget:visible .quick-input-title, .quick-input-widget:visible .quick-input-message")
      .filter({ hasText: text });
  }

  /** Chooses the row of the open quick pick that contains this. */
  async pick(row: string | RegExp): Promise<void> {
    await this.page.locator(".quick-input-widget:visible .monaco-list-row").filter({ hasText: row }).first().click();
  }

  /** Types into the open input box and accepts. */
  async answer(text: string): Promise<void> {
    await this.quickInput().fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** The modal dialog that stands in the way. */
  dialog(): Locator {
    return this.page.locator(".monaco-dialog-box");
  }

  /** A notification that says this. */
  notification(text: string): Locator {
    return this.page.locator(".notification-toast").filter({ hasText: text });
  }

  /** The inside of the extension's webview (VS Code puts it into a frame in a frame). */
  webview(): FrameLocator {
    return this.page.locator("iframe.webview.ready").first().contentFrame().locator("#active-frame").contentFrame();
  }

  /** Switches to a theme by its name and waits until it is on. */
  async theme(name: string, type: "vs" | "vs-dark"): Promise<void> {
    await this.command("Preferences: Color Theme");
    await this.answer(name);
    await this.page.locator(`.monaco-workbench.${type}`).first().waitFor();
  }
}
