import type { ChatThread } from "../../protocol/chat/chat-thread.ts";
import { asString } from "../../protocol/gateway/json.ts";
import type { Locale } from "../../protocol/l10n/locale.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { HostMessage, PanelState } from "../../protocol/webview/contract.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { targetKey } from "../connection/profile.ts";
import type { ErrorAction } from "../../protocol/errors/catalogue.ts";
import type { Memory } from "../platform/ports.ts";
import { newSessionKey, panelState } from "./panel-state.ts";
import type { SessionList } from "./session-list.ts";
import type { ThreadPool } from "./thread-pool.ts";
import { type ViewHandlers, dispatchViewMessage, parseViewMessage } from "./view-message.ts";

/** One page of the chat app, wherever VS Code shows it. */
export interface PanelPage {
  post(message: HostMessage): void;
  onMessage(listener: (message: unknown) => void): Disposable;
}

/** What a panel has done elsewhere. */
export interface PanelActions {
  connect(): void;
  cancelConnect(): void;
  retry(): void;
  onErrorAction(action: ErrorAction): void;
  copyDetails(): void;
  copy(text: string): void;
  insertAtCursor(text: string): void;
  newFile(file: { readonly text: string; readonly language: string }): void;
  openLink(href: string): void;
  openSettings(): void;
}

/** What every panel of a window shares. */
export interface PanelServices {
  readonly link: Pick<GatewayLink, "view" | "onChange">;
  readonly sessions: Pick<SessionList, "rows" | "row" | "defaultModel" | "onChange">;
  readonly threads: Pick<ThreadPool, "acquire">;
  readonly hasSaved: () => boolean;
  readonly memory: Memory;
  readonly actions: PanelActions;
  readonly locale: Locale;
  readonly t: Translate;
  readonly logger: Logger;
}

/** States that come this close together are one, milliseconds. */
const SETTLE_MS = 16;

/**
 * One chat panel: holds what it shows, pushes it to its page, and does what the page asks. The page may come and go (VS
 * Code drops hidden ones); everything that matters is here, and `ready` brings a new page up to date.
 */
export class ChatPanel implements Disposable {
  readonly #services: PanelServices;
  readonly #page: PanelPage;
  readonly #place: PanelState["place"];
  readonly #scope = new DisposableStore();
  readonly #seen = new Map<string, number | undefined>();
  #gateway = "";
  #sessionKey = "";
  #shown: { readonly thread: ChatThread; readonly scope: DisposableStore } | undefined;
  #ready = false;
  #focusWhenReady = false;
  #push: ReturnType<typeof setTimeout> | undefined;

  constructor(services: PanelServices, page: PanelPage, place: PanelState["place"]) {
    this.#services = services;
    this.#page = page;
    this.#place = place;
    this.#scope.add(page.onMessage((message) => this.#onMessage(message)));
    this.#scope.add(services.link.onChange(() => this.#onLinkChange()));
    this.#scope.add(services.sessions.onChange(() => this.#pushSoon()));
    this.#onLinkChange();
  }

  focusComposer(): void {
    if (this.#ready) this.#page.post({ type: "focusComposer" });
    else this.#focusWhenReady = true;
  }

  /** Shows a session that the Gateway gets to know with its first question. */
  newSession(): void {
    const { state } = this.#services.link.view;
    const main = state.phase === "connected" ? state.server.mainSessionKey : this.#sessionKey;
    this.#show(newSessionKey(main, crypto.randomUUID()));
    this.focusComposer();
  }

  dispose(): void {
    clearTimeout(this.#push);
    this.#leave();
    this.#scope.dispose();
  }

  readonly #handlers: ViewHandlers = {
    ready: () => this.#onReady(),
    send: ({ clientId, text }) => {
      const thread = this.#shown?.thread;
      if (thread === undefined || text.trim() === "") return;
      thread.send(text);
      this.#saveDraft("");
      this.#page.post({ type: "accepted", clientId });
    },
    stop: () =>
      this.#shown?.thread.stop().catch((error: unknown) => this.#services.logger.warn(`chat.abort: ${String(error)}`)),
    retryNow: () => this.#services.actions.retry(),
    connect: () => this.#services.actions.connect(),
    cancelConnect: () => this.#services.actions.cancelConnect(),
    approveDevice: () => this.#services.link.view.approval?.approve?.(),
    errorAction: ({ action }) => this.#services.actions.onErrorAction(action),
    copyDetails: () => this.#services.actions.copyDetails(),
    selectSession: ({ key }) => this.#show(key),
    newSession: () => this.newSession(),
    loadEarlier: () =>
      this.#shown?.thread.loadEarlier().catch((error: unknown) => this.#services.logger.warn(String(error))),
    draft: ({ text }) => this.#saveDraft(text),
    copy: ({ text }) => this.#services.actions.copy(text),
    insertAtCursor: ({ text }) => this.#services.actions.insertAtCursor(text),
    newFile: (file) => this.#services.actions.newFile(file),
    openLink: ({ href }) => this.#services.actions.openLink(href),
    openSettings: () => this.#services.actions.openSettings(),
  };

  #onMessage(value: unknown): void {
    const message = parseViewMessage(value);
    if (message === undefined) this.#services.logger.warn("The chat page sent a message that is none of ours.");
    else dispatchViewMessage(message, this.#handlers);
  }

  #onReady(): void {
    this.#ready = true;
    this.#pushNow();
    this.#postSnapshot();
    if (!this.#focusWhenReady) return;
    this.#focusWhenReady = false;
    this.#page.post({ type: "focusComposer" });
  }

  #onLinkChange(): void {
    const { profile, state } = this.#services.link.view;
    const gateway = profile === undefined ? "" : targetKey(profile.target);
    if (gateway !== this.#gateway) {
      this.#gateway = gateway;
      this.#leave();
      this.#sessionKey = "";
      this.#seen.clear();
    }
    if (this.#sessionKey === "" && gateway !== "") {
      const remembered = asString(this.#services.memory.get(`openclaw.session:${gateway}`));
      const main = state.phase === "connected" ? state.server.mainSessionKey : undefined;
      const key = remembered ?? main;
      if (key !== undefined) this.#show(key);
    }
    this.#pushSoon();
  }

  #show(sessionKey: string): void {
    if (sessionKey === this.#sessionKey) return;
    this.#noteSeen();
    this.#leave();
    this.#sessionKey = sessionKey;
    void this.#services.memory.update(`openclaw.session:${this.#gateway}`, sessionKey);
    const { thread, lease } = this.#services.threads.acquire(sessionKey);
    const scope = new DisposableStore();
    scope.add(lease);
    scope.add(
      thread.onPatch((patch) => {
        if (this.#ready) this.#page.post({ type: "transcript", sessionKey, patch });
      }),
    );
    scope.add(thread.onRunning(() => this.#pushSoon()));
    this.#shown = { thread, scope };
    if (!this.#ready) return;
    this.#pushNow();
    this.#postSnapshot();
  }

  #leave(): void {
    this.#shown?.scope.dispose();
    this.#shown = undefined;
  }

  #noteSeen(): void {
    const row = this.#services.sessions.row(this.#sessionKey);
    if (row !== undefined) this.#seen.set(row.key, row.updatedAt);
  }

  #postSnapshot(): void {
    if (this.#shown === undefined) return;
    this.#page.post({ type: "transcript", sessionKey: this.#sessionKey, patch: this.#shown.thread.snapshot() });
  }

  #pushSoon(): void {
    if (!this.#ready || this.#push !== undefined) return;
    this.#push = setTimeout(() => this.#pushNow(), SETTLE_MS);
  }

  #pushNow(): void {
    clearTimeout(this.#push);
    this.#push = undefined;
    const { link, sessions, hasSaved, locale, t } = this.#services;
    const inputs = {
      locale,
      place: this.#place,
      view: link.view,
      hasSaved: hasSaved(),
      rows: sessions.rows,
      defaultModel: sessions.defaultModel,
      sessionKey: this.#sessionKey,
      seen: this.#seen,
      running: this.#shown?.thread.running ?? false,
      draft: asString(this.#services.memory.get(this.#draftKey())) ?? "",
    };
    this.#page.post({ type: "state", ...panelState(inputs, t) });
  }

  #saveDraft(text: string): void {
    void this.#services.memory.update(this.#draftKey(), text === "" ? undefined : text);
  }

  #draftKey(): string {
    return `openclaw.draft:${this.#gateway}:${this.#sessionKey}`;
  }
}
