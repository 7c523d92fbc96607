import type * as vscode from "vscode";
import type { CommandId } from "./commands/ids.ts";
import { createContainer } from "./container.ts";

/** What the entry hands over once somebody uses the extension. */
export interface Main {
  run(id: CommandId): Promise<unknown>;
  showChatView(view: vscode.WebviewView): void;
  showChatEditor(panel: vscode.WebviewPanel): void;
  dispose(): void;
}

/** Builds everything; a window that was connected before its reload goes back by itself. */
export function start(context: vscode.ExtensionContext, statusItem: vscode.StatusBarItem): Main {
  const container = createContainer(context, statusItem);
  container.resume();
  return {
    run: (id) => container.commands.run(id),
    showChatView: (view) => container.chat.attachView(view),
    showChatEditor: (panel) => void container.chat.attachEditor(panel),
    dispose: () => container.dispose(),
  };
}
