import * as vscode from "vscode";
import type { ErrorAction } from "../../protocol/errors/catalogue.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { CommandRegistry } from "../commands/registry.ts";
import { editor } from "../platform/editor.ts";
import type { Prompts } from "../ui/prompts.ts";
import type { PanelActions } from "./panel-services.ts";

/** What the buttons of a panel do in VS Code; whatever fails is presented as for a command. */
export function panelActions(ports: {
  readonly commands: CommandRegistry;
  readonly errorActions: Readonly<Record<ErrorAction, () => unknown>>;
  readonly copyDetails: () => Promise<void>;
  readonly prompts: Prompts;
  readonly t: Translate;
}): PanelActions {
  const { commands, prompts, t } = ports;
  const attempt = (name: string, work: () => unknown): void => void commands.attempt(`chat: ${name}`, work);
  return {
    attempt,
    connect: () => void commands.run("connectRemote"),
    cancelConnect: () => void commands.run("cancelConnect"),
    retry: () => void commands.run("retry"),
    onErrorAction: (action) => attempt(action, ports.errorActions[action]),
    copyDetails: () => attempt("copy details", ports.copyDetails),
    copy: (text) => attempt("copy", () => editor.copy(text)),
    insertAtCursor: (text) =>
      attempt("insert", async () => {
        if (!(await editor.insertAtCursor(text))) await prompts.inform(t("extension.editor.none"));
      }),
    newFile: (file) => attempt("new file", () => editor.newFile(file)),
    openLink: (href) =>
      attempt("open link", async () => {
        if (!(await editor.openLink(href))) await prompts.inform(t("extension.link.refused"));
      }),
    openSettings: () =>
      attempt("settings", () => vscode.commands.executeCommand("workbench.action.openSettings", "openclaw.")),
  };
}
