import { ChatThread } from "../../protocol/chat/chat-thread.ts";
import { type Disposable, DisposableStore, toDisposable } from "../../protocol/util/disposable.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { targetKey } from "../connection/profile.ts";
import type { Memory } from "../platform/ports.ts";

/** Threads that no panel shows but that stay, so that going back is instant and what was sent is still followed. */
const MOST_IDLE = 4;

interface Entry {
  readonly thread: ChatThread;
  users: number;
}

type ThreadLink = Pick<GatewayLink, "request" | "onEvent" | "onSession" | "onChange" | "onGap" | "view">;

/**
 * One `ChatThread` a session, however many panels show it: the thread owns the outbox, and two of them would send twice.
 * Threads belong to one Gateway; another Gateway starts with none.
 */
export class ThreadPool implements Disposable {
  readonly #link: ThreadLink;
  readonly #memory: Memory;
  readonly #logger: Logger;
  readonly #scope = new DisposableStore();
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  #gateway: string | undefined;

  constructor(options: { readonly link: ThreadLink; readonly memory: Memory; readonly logger: Logger }) {
    this.#link = options.link;
    this.#memory = options.memory;
    this.#logger = options.logger;
    this.#scope.add(this.#link.onSession(() => this.#each((thread) => this.#start(thread))));
    this.#scope.add(this.#link.onGap(() => this.#each((thread) => this.#start(thread))));
    this.#scope.add(this.#link.onChange(() => this.#onLinkChange()));
  }

  /** The thread of a session of the present Gateway; dispose the lease when it is off the screen. */
  acquire(sessionKey: string): { readonly thread: ChatThread; readonly lease: Disposable } {
    this.#onLinkChange();
    const entry = this.#entries.get(sessionKey) ?? this.#create(sessionKey);
    this.#entries.delete(sessionKey);
    this.#entries.set(sessionKey, entry);
    entry.users += 1;
    return {
      thread: entry.thread,
      lease: toDisposable(() => {
        entry.users -= 1;
        this.#trim();
      }),
    };
  }

  dispose(): void {
    this.#scope.dispose();
    this.#clear();
  }

  #create(sessionKey: string): Entry {
    const key = `openclaw.outbox:${this.#gateway ?? ""}:${sessionKey}`;
    const thread = new ChatThread({
      sessionKey,
      request: this.#link.request,
      onEvent: this.#link.onEvent,
      logger: this.#logger,
      storage: {
        load: () => this.#memory.get(key),
        save: (entries) => void this.#memory.update(key, entries.length === 0 ? undefined : entries),
      },
    });
    if (this.#link.view.state.phase === "connected") this.#start(thread);
    return { thread, users: 0 };
  }

  #start(thread: ChatThread): void {
    thread.connected().catch((error: unknown) => this.#logger.warn(`${thread.sessionKey}: ${String(error)}`));
  }

  #onLinkChange(): void {
    const { profile, state } = this.#link.view;
    const gateway = profile === undefined ? undefined : targetKey(profile.target);
    if (gateway !== this.#gateway) {
      this.#clear();
      this.#gateway = gateway;
    }
    if (state.phase !== "connected") this.#each((thread) => thread.disconnected());
  }

  #each(action: (thread: ChatThread) => void): void {
    for (const { thread } of this.#entries.values()) action(thread);
  }

  #trim(): void {
    const idle = [...this.#entries].filter(([, { users }]) => users === 0);
    for (const [key, { thread }] of idle.slice(0, Math.max(0, idle.length - MOST_IDLE))) {
      thread.dispose();
      this.#entries.delete(key);
    }
  }

  #clear(): void {
    this.#each((thread) => thread.dispose());
    this.#entries.clear();
  }
}
