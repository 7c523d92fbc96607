import type { Page } from "playwright-core";
import type { CodeServer } from "../../../scripts/vscode/code-server.ts";

/** Gives the page's browser context the cookie that the password-protected VS Code wants. */
export async function signIn(page: Page, server: Pick<CodeServer, "url" | "password">): Promise<void> {
  const response = await page.request.post(`${server.url}/login`, { form: { password: server.password, base: "." } });
  if (!response.ok()) throw new Error(`VS Code refused its own password (HTTP ${response.status()})`);
}
