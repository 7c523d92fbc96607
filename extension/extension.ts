import * as vscode from "vscode";
import { CHAT_EDITOR, CHAT_VIEW, COMMAND_IDS, RESUME_KEY, commandName } from "./commands/ids.ts";
import type { Main } from "./main.ts";

let main: Promise<Main> | undefined;

/**
 * Puts the commands, the chat view and the status bar item in place. Everything else is a second file that is loaded on
 * first use, so that a window that never speaks to a Gateway pays for a few kilobytes only.
 */
export function activate(context: vscode.ExtensionContext): void {
  const statusItem = vscode.window.createStatusBarItem("openclaw.status", vscode.StatusBarAlignment.Left, 60);
  statusItem.name = "OpenClaw";
  statusItem.text = "$(plug) OpenClaw";
  statusItem.command = commandName("connectRemote");
  statusItem.show();

  const load = (): Promise<Main> => {
    main ??= import("./main.ts")
      .then((loaded) => loaded.start(context, statusItem))
      .catch((error: unknown) => {
        main = undefined;
        throw error;
      });
    return main;
  };

  context.subscriptions.push(
    statusItem,
    ...COMMAND_IDS.map((id) => vscode.commands.registerCommand(commandName(id), async () => (await load()).run(id))),
    vscode.window.registerWebviewViewProvider(CHAT_VIEW, {
      resolveWebviewView: async (view) => (await load()).showChatView(view),
    }),
    vscode.window.registerWebviewPanelSerializer(CHAT_EDITOR, {
      deserializeWebviewPanel: async (panel) => (await load()).showChatEditor(panel),
    }),
  );
  if (context.workspaceState.get(RESUME_KEY) !== undefined) void load();
}

/** Resolves when the connection is closed and the log is written. */
export async function deactivate(): Promise<void> {
  const loaded = await main?.catch(() => undefined);
  loaded?.dispose();
  main = undefined;
}
