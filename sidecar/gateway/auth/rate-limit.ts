import type { RateLimitConfig } from "../../config/gateway-config.ts";

interface Failures {
  /** Times of the failures inside the window, milliseconds. */
  times: number[];
  lockedUntil: number;
}

/** More peers than this are not remembered; the oldest is forgotten. */
const MAX_PEERS = 10_000;

/** Locks a peer out after too many wrong credentials. Missing ones do not count. */
export class AuthRateLimit {
  #config: RateLimitConfig;
  readonly #peers = new Map<string, Failures>();

  constructor(config: RateLimitConfig) {
    this.#config = config;
  }

  /** Other limits for what comes; failures and locks stay. */
  configure(config: RateLimitConfig): void {
    this.#config = config;
  }

  /** Milliseconds until this peer may try again; 0 when it may now. */
  lockedFor(peer: string, now: number): number {
    return Math.max(0, (this.#peers.get(peer)?.lockedUntil ?? 0) - now);
  }

  noteFailure(peer: string, now: number): void {
    const entry = this.#peers.get(peer) ?? { times: [], lockedUntil: 0 };
    entry.times = entry.times.filter((time) => time > now - this.#config.windowMs);
    entry.times.push(now);
    if (entry.times.length >= this.#config.maxAttempts) {
      entry.lockedUntil = now + this.#config.lockoutMs;
      entry.times = [];
    }
    // Written anew to be the youngest of the map.
    this.#peers.delete(peer);
    this.#peers.set(peer, entry);
    const oldest = this.#peers.keys().next();
    if (this.#peers.size > MAX_PEERS && oldest.done !== true) this.#peers.delete(oldest.value);
  }

  noteSuccess(peer: string): void {
    this.#peers.delete(peer);
  }

  /** A local program cannot lock the owner out, unless the config wants it so; a web page always can be locked out. */
  keyOf(peer: {
    readonly address: string;
    readonly isLoopback: boolean;
    readonly origin: string | undefined;
  }): string | undefined {
    if (peer.origin !== undefined) return peer.isLoopback ? `origin ${peer.origin}` : `address ${peer.address}`;
    return peer.isLoopback && this.#config.exemptLoopback ? undefined : `address ${peer.address}`;
  }
}
