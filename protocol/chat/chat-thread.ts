import type { GatewayEvent } from "../client/gateway-session.ts";
import { GatewayRequestError, GatewayTimeoutError, type RequestOptions } from "../client/request-error.ts";
import { asObject } from "../gateway/json.ts";
import { type Disposable, DisposableStore } from "../util/disposable.ts";
import { Emitter } from "../util/emitter.ts";
import type { Logger } from "../util/logger.ts";
import { type HistoryPage, readHistory } from "./history.ts";
import { Outbox, type OutboxStorage } from "./outbox.ts";
import { diffTranscripts } from "./transcript-diff.ts";
import { TranscriptModel } from "./transcript-model.ts";
import { emptyTranscript, type TranscriptPatch, type TranscriptView } from "./transcript.ts";

/** Rows a page of history has. */
const PAGE = 200;
const SEND_TIMEOUT_MS = 30_000;
const MIN_RETRY_MS = 250;

export interface ChatThreadOptions {
  readonly sessionKey: string;
  readonly request: <T = unknown>(method: string, params?: unknown, options?: RequestOptions) => Promise<T>;
  readonly onEvent: (listener: (event: GatewayEvent) => void) => Disposable;
  readonly logger: Logger;
  /** Keeps unconfirmed sends over a reload. */
  readonly storage?: OutboxStorage;
  readonly now?: () => number;
  /** Makes idempotency keys; unique for ever. */
  readonly newId?: () => string;
}

/**
 * One session's transcript and the only writer to it: history, live events and the outbox, merged so that nothing
 * stands twice and nothing is lost over a broken link. Recovery follows docs/gateway/clients "Recover state after
 * reconnect".
 */
export class ChatThread implements Disposable {
  readonly sessionKey: string;
  readonly #options: ChatThreadOptions;
  readonly #now: () => number;
  readonly #scope = new DisposableStore();
  readonly #patches: Emitter<TranscriptPatch>;
  readonly #running: Emitter<boolean>;
  readonly #outbox: Outbox;
  readonly #model: TranscriptModel;
  #view: TranscriptView = emptyTranscript;
  #wasRunning = false;
  #nextOffset: number | undefined;
  #loading: Promise<void> | undefined;
  #loadAgain = false;
  #flushing = false;
  #online = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ChatThreadOptions) {
    this.#options = options;
    this.sessionKey = options.sessionKey;
    this.#now = options.now ?? Date.now;
    this.#model = new TranscriptModel(this.#now);
    this.#outbox = new Outbox(options.storage);
    const failed = (error: unknown) => options.logger.error(`A transcript listener failed: ${String(error)}`);
    this.#patches = this.#scope.add(new Emitter(failed));
    this.#running = this.#scope.add(new Emitter(failed));
    this.#scope.add(options.onEvent((event) => this.#onEvent(event)));
    this.#refresh();
  }

  /** Patches in order; applied to `snapshot()` they give the transcript at any time. */
  onPatch = (listener: (patch: TranscriptPatch) => void): Disposable => this.#patches.event(listener);
  /** Fires when a run starts and when the last one ends. */
  onRunning = (listener: (running: boolean) => void): Disposable => this.#running.event(listener);

  get running(): boolean {
    return this.#model.running;
  }

  snapshot(): TranscriptPatch & { type: "reset" } {
    return { type: "reset", ...this.#view };
  }

  /**
   * The link is (again) there: subscribes, reads history and the running answer, then sends what waited. Rejects with
   * what the Gateway or the link said; calling it again is always right.
   */
  async connected(): Promise<void> {
    this.#online = true;
    try {
      await this.#options.request("sessions.messages.subscribe", { key: this.sessionKey });
    } catch (error) {
      // Without it every answer still ends with a read of history.
      if (!(error instanceof GatewayRequestError)) throw error;
      this.#options.logger.warn(`No live rows for ${this.sessionKey}: ${error.message}`);
    }
    await this.reload();
    void this.#flush();
  }

  disconnected(): void {
    this.#online = false;
  }

  /** Reads the newest page of history: after a reconnect, after lost events. Calls while one is under way share the next. */
  reload(): Promise<void> {
    if (this.#loading !== undefined) {
      this.#loadAgain = true;
      return this.#loading;
    }
    this.#loading = this.#load().finally(() => {
      this.#loading = undefined;
      if (!this.#loadAgain) return;
      this.#loadAgain = false;
      this.#reloadSoon();
    });
    return this.#loading;
  }

  /** Puts one older page in front, if there is one. */
  async loadEarlier(): Promise<void> {
    if (this.#nextOffset === undefined || this.#loading !== undefined) return;
    const page = await this.#history({ offset: this.#nextOffset });
    this.#nextOffset = page.nextOffset;
    this.#model.putRows(page.rows);
    this.#refresh();
  }

  /**
   * Takes a question over: it is saved, shown and sent as soon as there is a link. What goes wrong stands on the
   * question.
   * @returns the idempotency key, and so the run id
   */
  send(text: string): string {
    const id = (this.#options.newId ?? (() => crypto.randomUUID()))();
    this.#outbox.add({ id, text, at: this.#now(), delivery: "queued" });
    this.#refresh();
    void this.#flush();
    return id;
  }

  /** Takes back a question that was not sent yet, or that the Gateway refused. */
  discard(id: string): void {
    const entry = this.#outbox.entries.find((candidate) => candidate.id === id);
    if (entry?.delivery !== "failed" && entry?.delivery !== "queued") return;
    this.#outbox.remove(new Set([id]));
    this.#refresh();
  }

  /** Stops every run of this session. */
  async stop(): Promise<void> {
    await this.#options.request("chat.abort", { sessionKey: this.sessionKey });
  }

  dispose(): void {
    this.#online = false;
    clearTimeout(this.#retry);
    this.#scope.dispose();
  }

  async #load(): Promise<void> {
    const mark = this.#model.markHistory();
    const acknowledged = this.#outbox.entries.filter(({ delivery }) => delivery === "sent").map(({ id }) => id);
    const page = await this.#history({});
    const { keptEarlier } = this.#model.takeNewestPage(page, mark);
    if (!keptEarlier) this.#nextOffset = page.nextOffset;
    // History is the authority over what was acknowledged before it was read, and over what it shows.
    const shown = page.rows.flatMap(({ sendKey }) => sendKey ?? []);
    this.#outbox.remove(new Set([...shown, ...acknowledged.filter((id) => !this.#model.isLive(id))]));
    this.#refresh();
  }

  async #history({ offset }: { offset?: number }): Promise<HistoryPage> {
    const params = { sessionKey: this.sessionKey, limit: PAGE, ...(offset === undefined ? {} : { offset }) };
    return readHistory(await this.#options.request("chat.history", params));
  }

  /** Reads history again in the background; when that fails, the link is gone and says so itself. */
  #reloadSoon(): void {
    if (!this.#online) return;
    void this.reload().catch((error: unknown) => this.#options.logger.warn(`History was not read: ${String(error)}`));
  }

  /** Sends what is unacknowledged, one after the other, so that the Gateway sees the order they were written in. */
  async #flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      while (this.#online) {
        const entry = this.#outbox.unacknowledged[0];
        if (entry === undefined || !(await this.#sendEntry(entry.id, entry.text))) return;
      }
    } finally {
      this.#flushing = false;
    }
  }

  /** @returns whether the next one may go */
  async #sendEntry(id: string, text: string): Promise<boolean> {
    this.#outbox.mark(id, "waiting");
    this.#refresh();
    try {
      const params = { sessionKey: this.sessionKey, message: text, idempotencyKey: id };
      const answer = asObject(await this.#options.request("chat.send", params, { timeoutMs: SEND_TIMEOUT_MS }));
      this.#outbox.mark(id, "sent");
      if (answer["status"] === "ok") this.#reloadSoon();
      else this.#model.expectRun(id);
      return true;
    } catch (error) {
      return this.#onSendFailed(id, error);
    } finally {
      this.#refresh();
    }
  }

  /** Only the Gateway's own answer decides. Without one the send stays "waiting" and is reconciled by its key. */
  #onSendFailed(id: string, error: unknown): boolean {
    if (!(error instanceof GatewayRequestError)) return error instanceof GatewayTimeoutError;
    if (error.retryAfterMs === undefined) {
      this.#outbox.mark(id, "failed", error.message);
      return true;
    }
    this.#outbox.mark(id, "queued");
    this.#retry = setTimeout(() => void this.#flush(), Math.max(MIN_RETRY_MS, error.retryAfterMs));
    return false;
  }

  #onEvent({ event, payload: value }: GatewayEvent): void {
    const payload = asObject(value);
    if (payload["sessionKey"] !== this.sessionKey) return;
    if (event === "chat" || event === "agent") {
      const { ended } = this.#model.takeRunEvent(event, payload);
      this.#refresh();
      if (ended) this.#reloadSoon();
    } else if (event === "session.message") {
      const row = this.#model.takeMessage(payload);
      if (row?.sendKey !== undefined) this.#outbox.remove(new Set([row.sendKey]));
      this.#refresh();
    }
  }

  #refresh(): void {
    const items = this.#model.items(this.#outbox.entries);
    const view = { items, hasEarlier: this.#nextOffset !== undefined };
    const patches = diffTranscripts(this.#view, view);
    this.#view = view;
    for (const patch of patches) this.#patches.fire(patch);
    const { running } = this;
    if (running === this.#wasRunning) return;
    this.#wasRunning = running;
    this.#running.fire(running);
  }
}
