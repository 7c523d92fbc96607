import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHAT_EDITOR, CHAT_VIEW, COMMAND_IDS, commandName } from "../../../extension/commands/ids.ts";

const root = join(import.meta.dirname, "../../..");
const read = async (file: string) => JSON.parse(await readFile(join(root, file), "utf8"));
const manifest = await read("package.json");
const { contributes } = manifest;

describe("the manifest", () => {
  it("declares exactly the commands that the registry handles", () => {
    const declared = contributes.commands.map(({ command }: { command: string }) => command);
    expect(declared.toSorted()).toEqual(COMMAND_IDS.map(commandName).toSorted());
  });

  it("puts only declared commands into menus", () => {
    const used = Object.values(contributes.menus).flatMap((menu) => menu as { command: string }[]);
    const declared = new Set<string>(COMMAND_IDS.map(commandName));
    expect(used.map(({ command }) => command).filter((command) => !declared.has(command))).toEqual([]);
  });

  it("declares the view and the editor that the code fills", () => {
    expect(contributes.views.openclaw[0].id).toBe(CHAT_VIEW);
    expect(manifest.activationEvents).toContain(`onWebviewPanel:${CHAT_EDITOR}`);
  });

  it("lets no workspace set anything: every setting is application-scoped", () => {
    const scopes = Object.values<{ scope?: string }>(contributes.configuration.properties).map(({ scope }) => scope);
    expect(new Set(scopes)).toEqual(new Set(["application"]));
  });

  it("says everything in both languages", async () => {
    const used = new Set([...JSON.stringify(manifest).matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));
    for (const file of ["package.nls.json", "package.nls.zh-cn.json"]) {
      const keys = Object.keys(await read(file));
      expect(new Set(keys), file).toEqual(used);
    }
  });

  it("names an icon that is there", async () => {
    await expect(readFile(join(root, manifest.icon))).resolves.toBeDefined();
    await expect(readFile(join(root, contributes.viewsContainers.secondarySidebar[0].icon))).resolves.toBeDefined();
  });
});

describe("the entry", () => {
  it("imports nothing at run time but vscode and the names of the commands", async () => {
    const source = await readFile(join(root, "extension/extension.ts"), "utf8");
    const imports = [...source.matchAll(/^import (?!type)[^"]*"([^"]+)"/gm)].map(([, from]) => from);
    expect(imports).toEqual(["vscode", "./commands/ids.ts"]);
  });
});

describe("vscode", () => {
  it("is imported by the composition root, views and platform adapters alone", async () => {
    const adapters = new Set([
      "chat/chat-host.ts",
      "chat/panel-actions.ts",
      "container.ts",
      "extension.ts",
      "main.ts",
      "platform/context-keys.ts",
      "platform/editor-context.ts",
      "platform/editor.ts",
      "platform/log.ts",
      "platform/proxy.ts",
      "platform/remote-window.ts",
      "platform/settings.ts",
      "status-bar/status-item.ts",
      "ui/progress.ts",
      "ui/vscode-prompts.ts",
    ]);
    const files = await readdir(join(root, "extension"), { recursive: true });
    const importing: string[] = [];
    for (const file of files.filter((name) => name.endsWith(".ts")))
      if (/from "vscode"/.test(await readFile(join(root, "extension", file), "utf8"))) importing.push(file);
    expect(importing.toSorted()).toEqual([...adapters]);
  });
});
