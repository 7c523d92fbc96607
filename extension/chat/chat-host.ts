import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import type { HostMessage, PanelState } from "../../protocol/webview/contract.ts";
import { CHAT_EDITOR, CHAT_VIEW } from "../commands/ids.ts";
import { ChatPanel } from "./chat-panel.ts";
import type { PanelServices } from "./panel-services.ts";
import { webviewHtml } from "./webview-html.ts";

/** Puts chat panels into VS Code: one in the side bar, any number of editor tabs. */
export class ChatHost implements Disposable {
  readonly #extensionUri: vscode.Uri;
  readonly #services: PanelServices;
  readonly #scope = new DisposableStore();
  readonly #panels = new Map<ChatPanel, vscode.WebviewView | vscode.WebviewPanel>();

  constructor(extensionUri: vscode.Uri, services: PanelServices) {
    this.#extensionUri = extensionUri;
    this.#services = services;
  }

  /** VS Code shows the view for the first time, or again after it was closed. */
  attachView(view: vscode.WebviewView): void {
    this.#attach(view, "side");
  }

  /** A new tab, or one that VS Code brings back after a reload. */
  attachEditor(panel: vscode.WebviewPanel): ChatPanel {
    const icon = (name: string) => vscode.Uri.joinPath(this.#extensionUri, "media", name);
    panel.iconPath = { light: icon("openclaw-light.svg"), dark: icon("openclaw-dark.svg") };
    return this.#attach(panel, "editor");
  }

  /** Shows the side bar panel and puts the cursor into its composer. */
  async openView(): Promise<void> {
    await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    this.#sidePanel()?.focusComposer();
  }

  openEditor(): void {
    const panel = vscode.window.createWebviewPanel(CHAT_EDITOR, "OpenClaw", vscode.ViewColumn.Active);
    this.attachEditor(panel).focusComposer();
  }

  /** A new session in the panel in front: the active tab, else the side bar. */
  async newSession(): Promise<void> {
    const active = [...this.#panels].find(([, host]) => "active" in host && host.active)?.[0];
    if (active === undefined) await vscode.commands.executeCommand(`${CHAT_VIEW}.focus`);
    (active ?? this.#sidePanel())?.newSession();
  }

  dispose(): void {
    this.#scope.dispose();
  }

  #sidePanel(): ChatPanel | undefined {
    return [...this.#panels].find(([, host]) => host.viewType === CHAT_VIEW)?.[0];
  }

  #attach(host: vscode.WebviewView | vscode.WebviewPanel, place: PanelState["place"]): ChatPanel {
    const { webview } = host;
    const root = vscode.Uri.joinPath(this.#extensionUri, "dist", "webview");
    webview.options = { enableScripts: true, localResourceRoots: [root], enableCommandUris: false };
    const panel = new ChatPanel(
      this.#services,
      {
        // A page that is gone takes no message, and needs none: the next one starts with `ready`.
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a VS Code webview has no other window
        post: (message: HostMessage) => void webview.postMessage(message),
        onMessage: (listener) => webview.onDidReceiveMessage(listener),
        isVisible: () => host.visible,
      },
      place,
    );
    this.#panels.set(panel, host);
    this.#scope.add(panel);
    host.onDidDispose(() => {
      this.#panels.delete(panel);
      panel.dispose();
    });
    webview.html = webviewHtml({
      language: vscode.env.language,
      title: "OpenClaw",
      nonce: randomBytes(18).toString("base64url"),
      cspSource: webview.cspSource,
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(root, "chat.js")).toString(),
      styleUri: webview.asWebviewUri(vscode.Uri.joinPath(root, "chat.css")).toString(),
    });
    return panel;
  }
}
