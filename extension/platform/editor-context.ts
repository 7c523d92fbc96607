import * as vscode from "vscode";
import type { EditorContext, Excerpt, Problem } from "../chat/mentions.ts";

/** Bytes; larger files are no text that somebody asks about. */
const MOST_FILE_BYTES = 2 * 1024 * 1024;
const EXCLUDED = "**/{node_modules,.git,.hg,.svn}/**";

/** What the window has open and the workspace has in its folders. */
export const editorContext: EditorContext = {
  selection() {
    const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
    if (editor === undefined || editor.selection.isEmpty || !isWorkspaceFile(editor.document.uri)) return undefined;
    const { document, selection } = editor;
    // A selection that ends before the first character of a line does not have that line.
    const last = selection.end.character === 0 && !selection.isSingleLine ? selection.end.line : selection.end.line + 1;
    return { ...excerptOf(document, selection), lines: { first: selection.start.line + 1, last } };
  },

  problems() {
    return vscode.languages.getDiagnostics().flatMap(([uri, diagnostics]) => {
      if (!isWorkspaceFile(uri)) return [];
      const path = vscode.workspace.asRelativePath(uri);
      return diagnostics.flatMap((diagnostic): Problem[] => {
        const severity = SEVERITY[diagnostic.severity];
        return severity === undefined
          ? []
          : [{ path, line: diagnostic.range.start.line + 1, severity, message: diagnostic.message }];
      });
    });
  },

  async findFiles(query, most) {
    const found = query === "" ? openFiles() : await vscode.workspace.findFiles(globFor(query), EXCLUDED, most * 4);
    const wanted = query.toLowerCase();
    return found
      .map((uri) => ({ id: uri.toString(), path: vscode.workspace.asRelativePath(uri) }))
      .filter(({ path }) => path.toLowerCase().includes(wanted))
      .sort((a, b) => rank(a.path, wanted) - rank(b.path, wanted) || a.path.length - b.path.length)
      .slice(0, most);
  },

  async readFile(id) {
    const uri = vscode.Uri.parse(id, true);
    if (!isWorkspaceFile(uri)) return undefined;
    try {
      const { type, size } = await vscode.workspace.fs.stat(uri);
      // A link may lead out of the workspace.
      if ((type & vscode.FileType.SymbolicLink) !== 0 || size > MOST_FILE_BYTES) return undefined;
      const document = await vscode.workspace.openTextDocument(uri);
      return document.getText().includes("\0") ? undefined : excerptOf(document);
    } catch {
      return undefined;
    }
  },
};

const SEVERITY: Readonly<Record<number, Problem["severity"] | undefined>> = {
  [vscode.DiagnosticSeverity.Error]: "error",
  [vscode.DiagnosticSeverity.Warning]: "warning",
  [vscode.DiagnosticSeverity.Information]: "info",
};

function excerptOf(document: vscode.TextDocument, range?: vscode.Range): Excerpt {
  const path = vscode.workspace.asRelativePath(document.uri);
  return { path, language: document.languageId, text: document.getText(range) };
}

const isWorkspaceFile = (uri: vscode.Uri): boolean => vscode.workspace.getWorkspaceFolder(uri) !== undefined;

/** Files of the tabs, the ones in front first. */
function openFiles(): readonly vscode.Uri[] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) =>
    [...group.tabs].sort((a, b) => Number(b.isActive) - Number(a.isActive)),
  );
  const uris = tabs.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : []));
  return [...new Map(uris.filter(isWorkspaceFile).map((uri) => [uri.toString(), uri])).values()];
}

/** Matches a file name that has the last part of the query in it, in any case. */
function globFor(query: string): string {
  const name = query.split("/").at(-1) ?? "";
  const pattern = name
    .replace(/[*?[\]{}!\\,]/g, "?")
    .replace(/\p{L}/gu, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);
  return `**/*${pattern}*`;
}

/** A name that begins with what was typed before one that has it in the middle, and that before a folder. */
function rank(path: string, wanted: string): number {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (name.startsWith(wanted)) return 0;
  return name.includes(wanted) ? 1 : 2;
}
