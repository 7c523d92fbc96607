import * as vscode from "vscode";
import { readLink } from "../chat/links.ts";
import type { Documents } from "./ports.ts";

/** What a person does with an answer, in VS Code. */
export const editor = {
  copy: async (text: string): Promise<void> => vscode.env.clipboard.writeText(text),

  /** Replaces the selection of the editor in front. @returns whether there was one */
  insertAtCursor: async (text: string): Promise<boolean> => {
    const target = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
    if (target === undefined) return false;
    return target.edit((edit) => target.selections.forEach((selection) => edit.replace(selection, text)));
  },

  newFile: async (file: { readonly text: string; readonly language: string }): Promise<void> => {
    const known = await vscode.languages.getLanguages();
    const language = known.includes(file.language) ? file.language : "plaintext";
    await documents.showUntitled({ language, content: file.text });
  },

  /** Opens a link of an answer: the web after VS Code's own question, files only inside the workspace. */
  openLink: async (href: string): Promise<boolean> => {
    const target = readLink(href);
    if (target === undefined) return false;
    if (target.kind === "web") return vscode.env.openExternal(vscode.Uri.parse(target.href, true));
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const uri = vscode.Uri.joinPath(folder.uri, target.path);
      if (!(await isFile(uri))) continue;
      const line = (target.line ?? 1) - 1;
      await vscode.window.showTextDocument(uri, { selection: new vscode.Range(line, 0, line, 0) });
      return true;
    }
    return false;
  },

  /** Opens a file of this computer at a line (1-based), for `known_hosts` and `ssh_config`. */
  openLocalFile: async (path: string, line: number | undefined): Promise<void> => {
    const at = (line ?? 1) - 1;
    await vscode.window.showTextDocument(vscode.Uri.file(path), { selection: new vscode.Range(at, 0, at, 0) });
  },

  /** Shows the user settings that fit a search. */
  openSettings: async (query: string): Promise<void> => {
    await vscode.commands.executeCommand("workbench.action.openSettings", query);
  },
};

/** A link that leaves the workspace through a symbolic link opens nothing. */
async function isFile(uri: vscode.Uri): Promise<boolean> {
  try {
    const { type } = await vscode.workspace.fs.stat(uri);
    return (type & vscode.FileType.File) !== 0 && (type & vscode.FileType.SymbolicLink) === 0;
  } catch {
    return false;
  }
}

export const documents: Documents = {
  showUntitled: async ({ language, content }) => {
    const document = await vscode.workspace.openTextDocument({ language, content });
    await vscode.window.showTextDocument(document, { preview: false });
  },
};
