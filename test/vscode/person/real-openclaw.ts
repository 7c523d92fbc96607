import { strict as assert } from "node:assert";
import { translator } from "../../../protocol/l10n/translate.ts";
import { Workbench } from "../../support/vscode/workbench.ts";
import type { Host } from "./host.ts";
import type { Desk, Step } from "./perform.ts";
import { ANSWER, type RealOpenClawStage } from "./real-openclaw-stage.ts";

const t = translator("en");

/** The first visit to hosts that run the real OpenClaw: by token, by password, and where each device is approved by hand. */
export function realOpenClaw({ page, picture, stage }: Desk & { readonly stage: RealOpenClawStage }): readonly Step[] {
  let window: Workbench;
  const { token, password, strict } = stage;
  const press = (label: string) => window.dialog().getByRole("button", { name: label }).click();
  const visit = async ({ name }: Host): Promise<void> => {
    await window.command("OpenClaw: Connect Remote");
    await window.quickTitle(t("extension.connect.title")).waitFor();
    await window.pick(name);
    await press(t("extension.hostKey.remember"));
  };
  const connected = ({ name }: Host) => window.statusItem(new RegExp(`${name} \\d+ ms`));
  const chats = async (): Promise<void> => {
    const field = window.webview().getByRole("textbox");
    await field.fill("Are you there?");
    await field.press("Enter");
    await window.webview().locator(".prose", { hasText: ANSWER }).waitFor();
    assert.equal(await window.webview().locator(".ask").count(), 1, "the question is shown once");
  };

  return [
    {
      name: "the real OpenClaw in token mode: its token is read on its host, and the chat answers",
      async body() {
        window = await Workbench.open(page, stage.vsCode);
        await visit(token);
        await press(t("extension.read.read"));
        await connected(token).waitFor();
        await chats();
        await picture("real-openclaw-token");
      },
    },
    {
      name: "the real OpenClaw in password mode: the password is typed, once and hidden, and the chat answers",
      async body() {
        await visit(password);
        await press(t("extension.read.type"));
        await window.quickTitle(t("extension.credential.title", { name: password.name })).waitFor();
        assert.equal(await window.quickInput().getAttribute("type"), "password");
        await window.answer(stage.secretOfPassword);
        await connected(password).waitFor();
        await chats();
      },
    },
    {
      name: "the real OpenClaw that wants this device approved: it is approved by its own command, over the same SSH connection",
      async body() {
        await visit(strict);
        await press(t("extension.read.read"));
        const approve = window.webview().getByRole("button", { name: t("panel.pairing.approve") });
        await approve.waitFor();
        await picture("real-openclaw-pairing");
        await window.command("OpenClaw: Approve This Device over SSH");
        await connected(strict).waitFor();
        await chats();
      },
    },
  ];
}
