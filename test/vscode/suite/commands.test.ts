import assert from "node:assert/strict";
import * as vscode from "vscode";
import { test } from "./registry.ts";

const EXTENSION = "openclaw-remote.openclaw-remote";

test("the extension is there, and sleeps until it is needed", () => {
  const extension = vscode.extensions.getExtension(EXTENSION);
  assert.ok(extension, `${EXTENSION} is not installed`);
  assert.deepEqual(
    extension.packageJSON.activationEvents?.filter((event: string) => event === "*"),
    [],
  );
});

test("every command of the manifest is registered once the extension is awake", async () => {
  const extension = vscode.extensions.getExtension(EXTENSION);
  await extension?.activate();
  const registered = new Set(await vscode.commands.getCommands(true));
  const declared: { command: string }[] = extension?.packageJSON.contributes.commands;
  assert.ok(declared.length > 0);
  assert.deepEqual(
    declared.map(({ command }) => command).filter((command) => !registered.has(command)),
    [],
  );
});
