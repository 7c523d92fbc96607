import { ChatThread } from "../../protocol/chat/chat-thread.ts";
import type { OutboxStorage } from "../../protocol/chat/outbox.ts";
import { asArray } from "../../protocol/gateway/json.ts";
import { type Disposable, DisposableStore, toDisposable } from "../../protocol/util/disposable.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { targetKey } from "../connection/profile.ts";

/** Threads of a Gateway that no panel shows but that stay, so that going back is instant. */
const MOST_IDLE = 4;
/** Sessions of a Gateway whose unconfirmed messages are sent without being on screen. */
const MOST_UNSEEN = 50;

interface Entry {
  readonly thread: ChatThread;
  readonly gateway: string;
  readonly hasUnconfirmed: () => boolean;
  users: number;
}

type ThreadLink = Pick<
  GatewayLink,
  "requestOf" | "viewOf" | "onLineEvent" | "onLineReady" | "onLineChange" | "onChange" | "view"
>;

/** Where unconfirmed messages are kept, by Gateway and session; see `OutboxStore`. */
export interface Outboxes {
  open(gateway: string, sessionKey: string): OutboxStorage;
  sessions(gateway: string): readonly string[];
}

/**
 * One `ChatThread` a session of a Gateway, however many panels show it: the thread owns the outbox, and two of them would
 * send twice. The threads of a Gateway live as long as its connection, in front or not: answers go on arriving, and what
 * was written goes out, also of sessions that nobody opened since the reload.
 */
export class ThreadPool implements Disposable {
  readonly #link: ThreadLink;
  readonly #outboxes: Outboxes;
  readonly #logger: Logger;
  readonly #scope = new DisposableStore();
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();

  constructor(options: { readonly link: ThreadLink; readonly outboxes: Outboxes; readonly logger: Logger }) {
    this.#link = options.link;
    this.#outboxes = options.outboxes;
    this.#logger = options.logger;
    this.#scope.add(this.#link.onLineReady((gateway) => this.#onReady(gateway)));
    this.#scope.add(this.#link.onLineChange((gateway) => this.#onLineChange(gateway)));
    this.#scope.add(this.#link.onChange(() => this.#dropStrangers()));
  }

  /** The thread of a session of the Gateway in front; dispose the lease when it is off the screen. */
  acquire(sessionKey: string): { readonly thread: ChatThread; readonly lease: Disposable } {
    this.#dropStrangers();
    const entry = this.#open(this.#inFront(), sessionKey);
    entry.users += 1;
    return {
      thread: entry.thread,
      lease: toDisposable(() => {
        entry.users -= 1;
        this.#trim(entry.gateway);
      }),
    };
  }

  dispose(): void {
    this.#scope.dispose();
    for (const key of this.#entries.keys()) this.#drop(key);
  }

  /** The thread of a session, now the last used one. */
  #open(gateway: string, sessionKey: string): Entry {
    const key = JSON.stringify([gateway, sessionKey]);
    const entry = this.#entries.get(key) ?? this.#create(gateway, sessionKey);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  #create(gateway: string, sessionKey: string): Entry {
    const kept = this.#outboxes.open(gateway, sessionKey);
    let unconfirmed = 0;
    const thread = new ChatThread({
      sessionKey,
      request: (method, params, options) => this.#link.requestOf(gateway, { method, params, options }),
      onEvent: (listener) =>
        this.#link.onLineEvent((told) => {
          if (told.gateway === gateway) listener(told.event);
        }),
      logger: this.#logger,
      storage: {
        load: () => {
          const entries = asArray(kept.load());
          unconfirmed = entries.length;
          return entries;
        },
        save: (entries) => {
          unconfirmed = entries.filter(({ delivery }) => delivery !== "failed").length;
          kept.save(entries);
        },
      },
    });
    if (this.#isConnected(gateway)) this.#start(thread);
    return { thread, gateway, hasUnconfirmed: () => unconfirmed > 0, users: 0 };
  }

  #start(thread: ChatThread): void {
    thread.connected().catch((error: unknown) => this.#logger.warn(`${thread.sessionKey}: ${String(error)}`));
  }

  #onReady(gateway: string): void {
    const known = this.#of(gateway);
    for (const { thread } of known) this.#start(thread);
    const open = new Set(known.map(({ thread }) => thread.sessionKey));
    const unseen = this.#outboxes.sessions(gateway).filter((key) => !open.has(key));
    // `connected` of a new thread starts it.
    for (const sessionKey of unseen.slice(0, MOST_UNSEEN)) this.#open(gateway, sessionKey);
  }

  #onLineChange(gateway: string): void {
    this.#dropStrangers();
    if (!this.#isConnected(gateway)) for (const { thread } of this.#of(gateway)) thread.disconnected();
  }

  #isConnected(gateway: string): boolean {
    return this.#link.viewOf(gateway)?.state.phase === "connected";
  }

  #inFront(): string {
    const { profile } = this.#link.view;
    return profile === undefined ? "" : targetKey(profile.target);
  }

  #of(gateway: string): readonly Entry[] {
    return [...this.#entries.values()].filter((entry) => entry.gateway === gateway);
  }

  /** A Gateway that was left takes its threads along; what it still owes stays on disk. */
  #dropStrangers(): void {
    const front = this.#inFront();
    for (const [key, { gateway }] of this.#entries)
      if (gateway !== front && this.#link.viewOf(gateway) === undefined) this.#drop(key);
  }

  #trim(gateway: string): void {
    const idle = [...this.#entries].filter(
      ([, entry]) => entry.gateway === gateway && entry.users === 0 && !entry.hasUnconfirmed(),
    );
    for (const [key] of idle.slice(0, Math.max(0, idle.length - MOST_IDLE))) this.#drop(key);
  }

  #drop(key: string): void {
    this.#entries.get(key)?.thread.dispose();
    this.#entries.delete(key);
  }
}
