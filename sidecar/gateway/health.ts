import type { Store } from "../store/store.ts";
import type { EventLoopWatch } from "./event-loop.ts";

/** Health is worked out at most this often, milliseconds, however many ask. */
const MAX_AGE_MS = 1_000;
const RECENT = 5;

/** The `health` payload, kept as JSON text: it is asked for far more often than it changes. */
export class Health {
  readonly #store: Store;
  readonly #loop: EventLoopWatch;
  #json = "";
  #payload: Readonly<Record<string, unknown>> = {};
  #builtAt = Number.NEGATIVE_INFINITY;
  #version = 1;

  constructor(store: Store, loop: EventLoopWatch) {
    this.#store = store;
    this.#loop = loop;
  }

  /** Counts how often it was worked out. */
  get version(): number {
    return this.#version;
  }

  /** As JSON text, at most a second old. */
  json(): string {
    this.#refresh();
    return this.#json;
  }

  payload(): Readonly<Record<string, unknown>> {
    this.#refresh();
    return this.#payload;
  }

  /** The next one who asks gets a new one. */
  invalidate(): void {
    this.#builtAt = Number.NEGATIVE_INFINITY;
  }

  #refresh(): void {
    const start = Date.now();
    if (start - this.#builtAt < MAX_AGE_MS && start >= this.#builtAt) return;
    const sessions = this.#sessions(start);
    this.#payload = {
      ok: true,
      ts: start,
      durationMs: Date.now() - start,
      plugins: { loaded: [], errors: [], unavailable: [] },
      channels: {},
      channelOrder: [],
      channelLabels: {},
      heartbeatSeconds: 0,
      defaultAgentId: "main",
      agents: [{ agentId: "main", isDefault: true, heartbeat: NO_HEARTBEAT, sessions }],
      sessions,
      modelRuntime: { degraded: false, pendingAgents: [] },
      eventLoop: this.#loop.view(),
    };
    this.#json = JSON.stringify(this.#payload);
    this.#builtAt = start;
    this.#version += 1;
  }

  #sessions(now: number): Readonly<Record<string, unknown>> {
    const { rows, total } = this.#store.sessions.list({ limit: RECENT, offset: 0, archived: false });
    return {
      path: this.#store.path,
      count: total,
      recent: rows.map(({ key, updatedAt }) => ({ key, updatedAt, age: now - updatedAt })),
    };
  }
}

const NO_HEARTBEAT = {
  enabled: false,
  every: "disabled",
  everyMs: null,
  prompt: "",
  target: "none",
  ackMaxChars: 300,
} as const;
