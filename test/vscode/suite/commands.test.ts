import assert from "node:assert/strict";
import { basename } from "node:path";
import * as vscode from "vscode";
import manifest from "../../../package.json" with { type: "json" };
import { eventually } from "./eventually.ts";
import { test } from "./registry.ts";

const declared = manifest.contributes.commands.map(({ command }) => command);

function extension(): vscode.Extension<unknown> {
  const id = `${manifest.publisher}.${manifest.name}`;
  const found = vscode.extensions.getExtension(id);
  assert.ok(found, `${id} is not installed`);
  return found;
}

/** Files of the extension that this extension host has loaded. */
function loadedFiles(): readonly string[] {
  return Object.keys(require.cache)
    .filter((file) => file.startsWith(extension().extensionPath))
    .map((file) => basename(file));
}

test("an idle window loads the small entry file only", async () => {
  await extension().activate();
  assert.ok(loadedFiles().includes("extension.js"));
  assert.ok(!loadedFiles().includes("main.js"));
});

test("every command of the manifest is registered, and every registered one is in the manifest", async () => {
  await extension().activate();
  const registered = (await vscode.commands.getCommands(true)).filter((command) => /^openclaw\.[a-z]/i.test(command));
  const own = registered.filter((command) => !/^openclaw\.chat(\.|$)/.test(command));
  assert.deepEqual(own.toSorted(), declared.toSorted());
});

test("the first command loads the rest; Disconnect without a connection is no error", async () => {
  await vscode.commands.executeCommand("openclaw.disconnect");
  assert.ok(loadedFiles().includes("main.js"));
});

test("a setting that names Gateways cannot come from a workspace", () => {
  const inspected = vscode.workspace.getConfiguration("openclaw").inspect("gateways");
  assert.deepEqual(inspected?.defaultValue, []);
  const { properties } = manifest.contributes.configuration;
  const scopes = Object.entries(properties).map(([name, { scope }]) => [name, scope]);
  assert.deepEqual(
    scopes.filter(([, scope]) => scope !== "application"),
    [],
  );
});

test("the chat opens beside the code, and in an editor when asked", async () => {
  await vscode.commands.executeCommand("openclaw.openChat");
  await vscode.commands.executeCommand("openclaw.openChatInEditor");
  await eventually(() => assert.equal(chatTabs().length, 1));
});

function chatTabs(): readonly vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith("openclaw.chatEditor"));
}
