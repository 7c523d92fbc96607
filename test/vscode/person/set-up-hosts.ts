import { strict as assert } from "node:assert";
import { readdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { translator } from "../../../protocol/l10n/translate.ts";
import { Workbench } from "../../support/vscode/workbench.ts";
import type { Host } from "./host.ts";
import type { Desk, Step } from "./perform.ts";
import { ANSWER, type SetUpStage } from "./set-up-stage.ts";

const t = translator("en");

/** Hosts that are not ready for a remote, and what a person has to answer until they are. */
export function setUpHosts({ page, picture, stage }: Desk & { readonly stage: SetUpStage }): readonly Step[] {
  let window: Workbench;
  const { bare, strict, crowded, checked } = stage;
  const connected = ({ name }: Host) => window.statusItem(new RegExp(`${name} \\d+ ms`));
  const press = (label: string) => window.dialog().getByRole("button", { name: label }).click();
  const ask = async (question: string): Promise<void> => {
    const field = window.webview().getByRole("textbox");
    await field.fill(question);
    await field.press("Enter");
  };
  const choose = async ({ name }: Pick<Host, "name">): Promise<void> => {
    await window.command("OpenClaw: Connect Remote");
    await window.quickTitle(t("extension.connect.title")).waitFor();
    await window.pick(name);
  };

  return [
    {
      name: "a bare host becomes a Gateway with three answers: which host, its key, and that it may be started there",
      async body() {
        window = await Workbench.open(page, stage.vsCode);
        await choose(bare);
        await press(t("extension.hostKey.remember"));
        const dialog = window.dialog().filter({ hasText: t("extension.start.go") });
        await dialog.waitFor();
        const words = await dialog.innerText();
        for (const part of [`${bare.home}/.openclaw-sidecar/bin/`, "loopback", ".nvm/versions/node"])
          assert.ok(words.includes(part), `the question does not say ${part}: ${words}`);
        await picture("start-gateway-dark");
        await press(t("extension.start.go"));
        await connected(bare).waitFor();
        assert.equal(await window.quickInput().count(), 0);
      },
    },
    {
      name: "the chat works at once, also without a model",
      async body() {
        await ask("/status");
        await window.webview().locator(".prose", { hasText: "Sidecar" }).waitFor();
        await picture("bare-host-chat-dark");
      },
    },
    {
      name: "after a reload the new Gateway is connected again without a question",
      async body() {
        await page.reload();
        await connected(bare).waitFor();
        assert.equal(await window.dialog().count(), 0);
      },
    },
    {
      name: "Sidecar: Show Log shows what the new Gateway has written there",
      async body() {
        await window.command("OpenClaw: Sidecar: Show Log");
        await window.pick(bare.name);
        await page.locator(".editor-instance .view-lines", { hasText: "listens" }).first().waitFor();
      },
    },
    {
      name: "Sidecar: Stop ends it and the connection to it; with a model in its config Sidecar: Start brings answers",
      async body() {
        await window.command("OpenClaw: Sidecar: Stop");
        await window.pick(bare.name);
        await window.notification(t("extension.sidecar.stopped", { name: bare.name })).waitFor();
        await bare.write(".openclaw-sidecar/openclaw.json", stage.modelConfig);
        await window.command("OpenClaw: Sidecar: Start");
        await window.pick(bare.name);
        const started = window.notification(`127.0.0.1:${stage.barePort}`);
        await started.getByRole("button", { name: t("extension.link.connectRemote") }).click();
        await connected(bare).waitFor();
        await ask("Are you there?");
        await window.webview().locator(".prose", { hasText: ANSWER }).waitFor();
      },
    },
    {
      name: "Sidecar: Uninstall takes the program away and keeps the conversations, as the person says",
      async body() {
        await window.command("OpenClaw: Sidecar: Uninstall from Host");
        await window.pick(bare.name);
        await press(t("extension.uninstall.program"));
        await window.notification(t("extension.sidecar.uninstalled", { name: bare.name })).waitFor();
        const left = await readdir(join(bare.home, ".openclaw-sidecar"));
        assert.ok(left.includes("sidecar.sqlite") && !left.includes("bin"), left.join(" "));
      },
    },
    {
      name: "a Gateway that wants this device approved is told its token from its own host, and says whom it waits for",
      async body() {
        await choose(strict);
        await press(t("extension.hostKey.remember"));
        await press(t("extension.read.read"));
        const panel = window.webview();
        await panel.getByRole("button", { name: t("panel.pairing.approve") }).waitFor();
        await window.statusItem(t("extension.status.approval", { name: strict.name })).waitFor();
        assert.match(await panel.locator(".cmd").innerText(), /^openclaw devices approve [0-9a-f-]{36}$/);
        await picture("pairing-dark");
      },
    },
    {
      name: "it is approved over the same SSH connection with one click, and the chat answers",
      async body() {
        await window
          .webview()
          .getByRole("button", { name: t("panel.pairing.approve") })
          .click();
        await connected(strict).waitFor();
        await ask("Are you there?");
        await window.webview().locator(".prose", { hasText: ANSWER }).waitFor();
      },
    },
    {
      name: "a host that waits for a sign-in on a web page is waited for, with a link to the page, until the person cancels",
      async body() {
        await choose(checked);
        await press(t("extension.hostKey.remember"));
        const question = window.notification("login.tailscale.example");
        await question.waitFor();
        await question.getByRole("link", { name: "login.tailscale.example" }).waitFor();
        await window.webview().getByText(checked.page).first().waitFor();
        await picture("web-sign-in-dark");
        await question.hover();
        await question.getByRole("button", { name: "Cancel" }).click();
        await question.waitFor({ state: "detached" });
        await connected(strict).waitFor();
      },
    },
    {
      name: "a host where OpenClaw of other profiles runs says which, and the chosen one is a Gateway with its own token",
      async body() {
        await choose(crowded);
        await press(t("extension.hostKey.remember"));
        await window.quickTitle(/Which Gateway on/).waitFor();
        await picture("which-gateway-dark");
        await window.pick("OpenClaw (rescue)");
        await press(t("extension.read.read"));
        await connected({ ...crowded, name: `${crowded.name} \\(rescue\\)` }).waitFor();
        await ask("Are you there?");
        await window.webview().locator(".prose", { hasText: ANSWER }).waitFor();
      },
    },
    {
      name: "Manage Gateways lists what else runs on that host, and connects to it beside the first",
      async body() {
        await window.command("OpenClaw: Manage Gateways");
        await window.pick(`${crowded.name} (rescue)`);
        await window.pick(t("extension.manage.onHost"));
        await window.pick("OpenClaw (ops)");
        await press(t("extension.read.read"));
        await connected({ ...crowded, name: `${crowded.name} \\(ops\\)` }).waitFor();
      },
    },
    {
      name: "the host of a remote window whose Gateway does not run gets one after one question, and is found again",
      async body() {
        const here = window.statusItem(new RegExp(`${hostname()} \\d+ ms`));
        await window.command("OpenClaw: Connect Remote");
        await window.pick(t("extension.connect.window"));
        const dialog = window.dialog().filter({ hasText: t("extension.start.go") });
        await dialog.waitFor();
        await picture("start-gateway-here");
        await press(t("extension.start.go"));
        await here.waitFor();
        await ask("/status");
        await window.webview().locator(".prose", { hasText: "Sidecar" }).waitFor();
        await page.reload();
        await here.waitFor();
        assert.equal(await window.dialog().count(), 0);
      },
    },
  ];
}
