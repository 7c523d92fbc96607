import type { ChatThread } from "../../protocol/chat/chat-thread.ts";
import { asString } from "../../protocol/gateway/json.ts";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import type { PanelState } from "../../protocol/webview/contract.ts";
import { targetKey } from "../connection/profile.ts";
import { Mentions } from "./mentions.ts";
import type { PanelPage, PanelServices } from "./panel-services.ts";
import { newSessionKey, panelState } from "./panel-state.ts";
import { SeenSessions } from "./seen-sessions.ts";
import { type ViewHandlers, dispatchViewMessage, parseViewMessage } from "./view-message.ts";

/** Characters; longer ones are no keys. */
const MOST_KEY = 512;
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
  readonly #seen: SeenSessions;
  readonly #mentions: Mentions;
  #gateway = "";
  #sessionKey = "";
  #unreadSince: number | undefined;
  #shown: { readonly thread: ChatThread; readonly scope: DisposableStore } | undefined;
  #ready = false;
  #focusWhenReady = false;
  /** The session has just come on the screen: what is new now stays marked. */
  #isOpening = true;
  /** The Gateway was told that the session on screen is read. */
  #toldRead = false;
  #push: ReturnType<typeof setTimeout> | undefined;

  constructor(services: PanelServices, page: PanelPage, place: PanelState["place"]) {
    this.#services = services;
    this.#page = page;
    this.#place = place;
    this.#seen = new SeenSessions(services.memory);
    this.#mentions = new Mentions(services.editorContext);
    this.#scope.add(page.onMessage((message) => this.#onMessage(message)));
    this.#scope.add(services.link.onChange(() => this.#onLinkChange()));
    this.#scope.add(services.sessions.onChange(() => this.#onSessionsChange()));
    this.#scope.add(services.catalog.onChange(() => this.#postCatalog()));
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
    this.#noteSeen();
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
    discard: ({ id }) => this.#shown?.thread.discard(id),
    chooseModel: ({ model }) =>
      this.#attempt("model", () => this.#services.sessionActions.chooseModel(this.#sessionKey, model)),
    findMentions: ({ query }) => this.#attempt("mentions", () => this.#findMentions(query)),
    pickMention: ({ id }) => this.#attempt("mention", () => this.#pickMention(id)),
    retryNow: () => this.#services.actions.retry(),
    connect: () => this.#services.actions.connect(),
    cancelConnect: () => this.#services.actions.cancelConnect(),
    approveDevice: () => this.#services.link.view.approval?.approve?.(),
    errorAction: ({ action }) => this.#services.actions.onErrorAction(action),
    copyDetails: () => this.#services.actions.copyDetails(),
    selectSession: ({ key }) => this.#show(key),
    newSession: () => this.newSession(),
    renameSession: ({ key }) =>
      this.#attempt("rename", () => this.#services.sessionActions.rename(key, this.#titleOf(key) ?? "")),
    archiveSession: ({ key }) =>
      this.#attempt("archive", async () => {
        await this.#services.sessionActions.archive(key, this.#titleOf(key) ?? key);
        this.#leaveSession(key);
      }),
    deleteSession: ({ key }) =>
      this.#attempt("delete", async () => {
        if (await this.#services.sessionActions.delete(key, this.#titleOf(key) ?? key)) this.#leaveSession(key);
      }),
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
    this.#isOpening = true;
    this.#markRead();
    this.#pushNow();
    this.#postSnapshot();
    this.#postCatalog();
    if (!this.#focusWhenReady) return;
    this.#focusWhenReady = false;
    this.#page.post({ type: "focusComposer" });
  }

  #onLinkChange(): void {
    const { profile, state } = this.#services.link.view;
    const gateway = profile === undefined ? "" : targetKey(profile.target);
    if (gateway !== this.#gateway) {
      this.#noteSeen();
      this.#gateway = gateway;
      this.#leave();
      this.#sessionKey = "";
      this.#unreadSince = undefined;
    }
    if (this.#sessionKey === "" && gateway !== "") {
      const remembered = asString(this.#services.memory.get(`openclaw.session:${gateway}`));
      const main = state.phase === "connected" ? state.server.mainSessionKey : undefined;
      const key = remembered ?? main;
      if (key !== undefined && key.length <= MOST_KEY) this.#show(key);
    }
    this.#pushSoon();
  }

  #show(sessionKey: string): void {
    if (sessionKey === this.#sessionKey) return;
    this.#noteSeen();
    this.#leave();
    this.#sessionKey = sessionKey;
    this.#unreadSince = undefined;
    this.#toldRead = false;
    this.#isOpening = true;
    this.#markRead();
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

  /** The Gateway said something new about its sessions. */
  #onSessionsChange(): void {
    this.#markRead();
    this.#pushSoon();
  }

  /** What is on screen is read, here and for every other client of the Gateway; where it began stays marked. */
  #markRead(): void {
    const { sessions, sessionActions, link, logger } = this.#services;
    const row = sessions.row(this.#sessionKey);
    if (row?.unread !== true) this.#toldRead = false;
    if (row === undefined || link.view.state.phase !== "connected" || !this.#page.isVisible()) return;
    if (this.#isOpening && row.unread) this.#unreadSince ??= this.#seen.until(this.#gateway, row.key);
    this.#isOpening = false;
    this.#noteSeen();
    if (!row.unread) return;
    // Once: a Gateway that does not take it must not be asked again with every event.
    if (this.#toldRead) return;
    this.#toldRead = true;
    sessionActions.markRead(row.key).catch((error: unknown) => logger.debug(`mark read: ${String(error)}`));
  }

  #noteSeen(): void {
    const row = this.#services.sessions.row(this.#sessionKey);
    if (row?.updatedAt !== undefined) this.#seen.note(this.#gateway, row.key, row.updatedAt);
  }

  /** A session that is gone is not looked at any longer. */
  #leaveSession(key: string): void {
    if (key !== this.#sessionKey) return;
    const { state } = this.#services.link.view;
    if (state.phase === "connected") this.#show(state.server.mainSessionKey);
  }

  #titleOf(key: string): string | undefined {
    return this.#services.sessions.row(key)?.title;
  }

  #attempt(name: string, work: () => unknown): void {
    this.#services.actions.attempt(name, work);
  }

  async #findMentions(query: string): Promise<void> {
    this.#page.post({ type: "mentions", query, options: await this.#mentions.find(query) });
  }

  async #pickMention(id: string): Promise<void> {
    const mention = await this.#mentions.pick(id);
    if (mention === undefined) throw new Error(this.#services.t("extension.mention.unreadable"));
    this.#page.post({ type: "mention", id, ...mention });
  }

  #postCatalog(): void {
    if (!this.#ready) return;
    const { commands, models } = this.#services.catalog;
    this.#page.post({ type: "commands", commands });
    this.#page.post({ type: "models", models });
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
      seenUntil: (key: string) => this.#seen.until(this.#gateway, key),
      running: this.#shown?.thread.running ?? false,
      draft: asString(this.#services.memory.get(this.#draftKey())) ?? "",
      unreadSince: this.#unreadSince,
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
