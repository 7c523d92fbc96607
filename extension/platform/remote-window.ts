import { hostname } from "node:os";
import * as vscode from "vscode";
import { type RemoteWindow, ownHostId, windowAuthority } from "../connection/window-host.ts";

/** The host of this window, as VS Code tells it. */
export function remoteWindow(context: vscode.ExtensionContext): RemoteWindow {
  return {
    async host() {
      const { remoteName } = vscode.env;
      if (remoteName === undefined) return undefined;
      if (context.extension.extensionKind === vscode.ExtensionKind.Workspace)
        return { id: await ownHostId(context.globalStorageUri.fsPath, hostname()), isHere: true };
      const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
      const id = windowAuthority({ remoteName, workspaceFile, folders: workspaceFolders.map(({ uri }) => uri) });
      return id === undefined ? undefined : { id, isHere: false };
    },
    async forward(port) {
      return (await vscode.env.asExternalUri(vscode.Uri.parse(`http://127.0.0.1:${port}`, true))).toString(true);
    },
  };
}
