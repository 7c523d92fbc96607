import { strict as assert } from "node:assert";
import { hostname } from "node:os";
import { translator } from "../../../protocol/l10n/translate.ts";
import { LADDER_STEPS } from "../../../protocol/ladder/steps.ts";
import { Workbench } from "../../support/vscode/workbench.ts";
import type { Desk, Step } from "./perform.ts";
import { HOST, type Stage } from "./stage.ts";

const t = translator("en");
const QUESTION = "What does this Gateway do?";

/** The first day, step by step; each step stands on the one before. */
export function firstConnection({ page, picture, stage }: Desk & { readonly stage: Stage }): readonly Step[] {
  let window: Workbench;
  const ask = async (question: string): Promise<void> => {
    const field = window.webview().getByRole("textbox");
    await field.fill(question);
    await field.press("Enter");
  };
  const connected = () => window.statusItem(new RegExp(`${HOST} \\d+ ms`));

  return [
    {
      name: "a window with the extension says in its status bar that it is not connected",
      async body() {
        window = await Workbench.open(page, stage.vsCode);
        await window.statusItem("OpenClaw").waitFor();
      },
    },
    {
      name: "Connect Remote offers the hosts of the SSH config",
      async body() {
        await window.command("OpenClaw: Connect Remote");
        await window.quickTitle(t("extension.connect.title")).waitFor();
        await picture("where-dark");
        await window.pick(HOST);
      },
    },
    {
      name: "an unknown host key is shown with its fingerprint, and nothing goes on until it is trusted",
      async body() {
        const dialog = window.dialog();
        await dialog.waitFor();
        assert.ok(
          (await dialog.innerText()).includes(stage.hostKeyFingerprint),
          "the fingerprint of the host is not shown",
        );
        await picture("host-key-dark");
        await dialog.getByRole("button", { name: t("extension.hostKey.remember") }).click();
      },
    },
    {
      name: "the token may be typed instead of being read on the host, and is asked for once, hidden",
      async body() {
        await window
          .dialog()
          .getByRole("button", { name: t("extension.read.type") })
          .click();
        await window.quickTitle(t("extension.credential.title", { name: HOST })).waitFor();
        assert.equal(await window.quickInput().getAttribute("type"), "password");
        await window.answer("not-the-token");
      },
    },
    {
      name: "a wrong token is not tried again by itself; Enter Credential takes the right one, over the host key that is trusted",
      async body() {
        const refused = t("error.CREDENTIAL_WRONG.title");
        await window.statusItem(refused).waitFor();
        await window.webview().getByText(refused).first().waitFor();
        await picture("wrong-token-dark");
        await window.command("OpenClaw: Enter Credential");
        await window.quickTitle(t("extension.credential.title", { name: HOST })).waitFor();
        await window.answer(stage.token);
      },
    },
    {
      name: "the status bar shows the Gateway and the round trip to it",
      async body() {
        await connected().waitFor();
      },
    },
    {
      name: "the chat panel shows the whole answer of the model, as formatted text",
      async body() {
        const chat = window.webview();
        await ask(QUESTION);
        await chat.locator(".prose", { hasText: stage.answerEnd }).waitFor();
        await chat.locator(".prose strong").first().waitFor();
        assert.equal(await chat.locator(".ask").count(), 1, "the question is shown once");
        await picture("chat-dark");
      },
    },
    {
      name: "an SSH connection that dies in the middle of an answer loses nothing of it and doubles nothing",
      async body() {
        const words = Array.from({ length: 40 }, (_, index) => `slow${index}`);
        const signIns = stage.signIns();
        await ask(`Count slowly [slow ${words.length}]`);
        const chat = window.webview();
        const answer = chat.locator(".prose").last();
        await answer.filter({ hasText: "slow5" }).waitFor();
        assert.ok((await stage.killSsh()) > 0, "there was no SSH connection to end");
        await answer.filter({ hasText: words.at(-1) ?? "" }).waitFor();
        assert.equal((await answer.innerText()).trim(), words.join(" "));
        assert.equal(await chat.locator(".ask").count(), 2, "each question is shown once");
        assert.equal(await chat.locator(".prose").count(), 2, "each answer is shown once");
        assert.ok(stage.signIns() > signIns, "it did not sign in again");
        await connected().waitFor();
      },
    },
    {
      name: "Health shows what the Gateway itself answered",
      async body() {
        await window.command("OpenClaw: Health");
        await page.locator(".editor-instance .view-lines", { hasText: '"ok": true' }).first().waitFor();
        await picture("health-dark");
      },
    },
    {
      name: "after Disconnect the chat says that there is no connection; connecting again asks nothing and has the same conversation",
      async body() {
        await window.command("OpenClaw: Disconnect");
        await connected().waitFor({ state: "detached" });
        await window.command("OpenClaw: Open Chat");
        await window.webview().getByText(t("panel.saved.title")).waitFor();
        await picture("disconnected-dark");
        await window.command("OpenClaw: Connect Remote");
        await window.pick(HOST);
        await connected().waitFor();
        assert.equal(await window.dialog().count(), 0);
        await window.webview().locator(".prose", { hasText: stage.answerEnd }).waitFor();
      },
    },
    {
      name: "Connection Doctor climbs every step again, beside the connection that is there, and writes what each has found",
      async body() {
        await window.command("OpenClaw: Connection Doctor");
        const report = page.locator(".editor-instance .view-lines", { hasText: t("extension.doctor.fine") }).first();
        await report.waitFor();
        const text = await report.innerText();
        assert.equal(text.split("✓").length - 1, LADDER_STEPS.length, text);
        assert.ok(!text.includes("✗") && !text.includes(stage.token), text);
        await picture("doctor-dark");
        await connected().waitFor();
      },
    },
    {
      name: "Show Log has the steps with their time, and no token",
      async body() {
        await window.command("OpenClaw: Show Log");
        const log = page.locator(".part.panel .view-lines", { hasText: /health.passed.in/ }).first();
        await log.waitFor();
        await picture("log-dark");
        const text = await log.innerText();
        assert.match(text, /\d\d:\d\d:\d\d/);
        assert.ok(!text.includes(stage.token), "the token is in the log");
        await window.command("View: Toggle Panel Visibility");
      },
    },
    {
      name: "after a reload of the window it is connected again by itself, with the same conversation and no question asked",
      async body() {
        await page.reload();
        await connected().waitFor();
        await window.webview().locator(".prose", { hasText: stage.answerEnd }).waitFor();
        assert.equal(await window.webview().locator(".ask").count(), 2);
        assert.equal(await window.dialog().count(), 0);
      },
    },
    {
      name: "a slash in a new chat shows what the Gateway can do, and Enter does it",
      async body() {
        await window.command("OpenClaw: New Chat");
        const chat = window.webview();
        const field = chat.getByRole("textbox");
        // What is typed before the new chat is there belongs to the one before.
        await chat.locator(".head", { hasText: "New chat" }).waitFor();
        await field.fill("/st");
        await chat.getByRole("option", { name: "/status" }).waitFor();
        await picture("commands-dark");
        await field.press("Enter");
        await chat.locator(".prose", { hasText: "Sidecar" }).waitFor();
      },
    },
    {
      name: "an at sign puts a file of the workspace below the question, as text that can be read before it is sent",
      async body() {
        const chat = window.webview();
        const field = chat.getByRole("textbox");
        await field.fill("What is ");
        await field.pressSequentially("@read");
        await chat.getByRole("option", { name: "README.md" }).waitFor();
        await field.press("Enter");
        await chat.getByRole("option").waitFor({ state: "detached" });
        while (!(await field.inputValue()).includes("# A project")) await page.waitForTimeout(50);
        assert.match(await field.inputValue(), /^What is @README\.md \n\n```markdown README\.md\n# A project\n```\n$/);
        await field.fill("");
      },
    },
    {
      name: "a session is renamed with F2 and archived with Del, and the main one is shown again",
      async body() {
        const chat = window.webview();
        const search = async (): Promise<void> => {
          await chat.locator(".head button").first().click();
          await chat.getByRole("combobox").waitFor();
        };
        await search();
        await chat.getByRole("combobox").press("F2");
        await window.quickTitle(t("extension.session.renameTitle")).waitFor();
        await window.answer("A look round");
        await chat.locator(".head", { hasText: "A look round" }).waitFor();
        await search();
        await chat.getByRole("combobox").press("Delete");
        await window.notification(t("extension.session.archived", { title: "A look round" })).waitFor();
        await chat.locator(".prose", { hasText: stage.answerEnd }).waitFor();
      },
    },
    {
      name: "it is as readable in a light theme",
      async body() {
        await window.theme("Light Modern", "vs");
        await picture("chat-light");
      },
    },
    {
      name: "this window's remote host is offered in a remote window, and its Gateway reached there with the token of its config",
      async body() {
        const name = hostname();
        const signIns = stage.signIns();
        await window.command("OpenClaw: Connect Remote");
        await window.pick(t("extension.connect.window"));
        const dialog = window.dialog().filter({ hasText: ".openclaw/openclaw.json" });
        await dialog.waitFor();
        await picture("read-token-here");
        await dialog.getByRole("button", { name: t("extension.read.read") }).click();
        await window.statusItem(new RegExp(`${name} \\d+ ms`)).waitFor();
        await window.webview().locator(".prose", { hasText: stage.answerEnd }).waitFor();
        assert.equal(stage.signIns(), signIns, "it went over SSH");
        await window.command("OpenClaw: Connect Remote");
        await window.quickTitle(t("extension.connect.title")).waitFor();
        await picture("where-remote-window");
        await page.keyboard.press("Escape");
      },
    },
    {
      name: "another way to the same Gateway is added once it has proved itself, with the token that it may have",
      async body() {
        await window.command("OpenClaw: Connect Remote");
        await window.pick(HOST);
        await connected().waitFor();
        await window.command("OpenClaw: Manage Gateways");
        await window.pick(HOST);
        await window.pick(t("extension.ways.add"));
        await window.quickTitle(t("extension.ways.title", { name: HOST })).waitFor();
        await window.pick(t("extension.connect.newUrl"));
        await window.quickTitle(t("extension.connect.urlTitle")).waitFor();
        await window.answer(stage.gatewayUrl);
        await window.dialog().waitFor();
        await picture("way-credential-light");
        await window
          .dialog()
          .getByRole("button", { name: t("extension.ways.useSaved") })
          .click();
        const way = `${stage.gatewayUrl}/`;
        await window.notification(t("extension.ways.added", { name: HOST, way })).waitFor();
        await connected().waitFor();
      },
    },
    {
      name: "when the SSH host is gone the other way takes over by itself, with the same conversation, and the status bar says why",
      async body() {
        await stage.stopSsh();
        await ask("Are you still there?");
        const chat = window.webview();
        await chat.locator(".ask", { hasText: "Are you still there?" }).waitFor();
        await chat.locator(".prose").nth(2).filter({ hasText: stage.answerEnd }).waitFor();
        await connected().hover();
        const tooltip = page.locator(".monaco-hover", { hasText: t("extension.tooltip.way") });
        await tooltip.waitFor();
        assert.ok((await tooltip.innerText()).includes(t("extension.ways.state.away")), "it does not say why");
        await picture("ways-light");
        assert.equal(await window.dialog().count(), 0);
      },
    },
  ];
}
