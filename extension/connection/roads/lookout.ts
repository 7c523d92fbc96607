import { randomUUID } from "node:crypto";
import type { GatewaySession } from "../../../protocol/client/gateway-session.ts";
import { type Ladder, LadderReporter, climb, emptyLadder } from "../../../protocol/ladder/steps.ts";
import type { Road } from "./road.ts";
import { assertSameGateway } from "./same-gateway.ts";

/** Milliseconds to the first look, and to the next ones, each twice as far away as the one before. */
const FIRST_LOOK_MS = 2_000;
const NEXT_LOOK_MS = 15_000;
const MOST_LOOK_MS = 120_000;
/** Longest climb of a look, milliseconds. */
const CLIMB_MS = 20_000;

export interface Proven {
  readonly road: Road;
  readonly session: GatewaySession;
  readonly ladder: Ladder;
}

export interface LookoutOptions {
  /** Which are worth a look now, the best first. */
  readonly roads: () => readonly Road[];
  /** The one that is open, over which the others are proven. */
  readonly session: () => GatewaySession | undefined;
  /** @returns whether the session is used from now on; else it is closed */
  readonly onProven: (proven: Proven) => Promise<boolean>;
  readonly onFailed: (road: Road, error: unknown) => Promise<void>;
  readonly onLooked: () => void;
}

/** Looks, while one road is open, whether others lead to the same Gateway. Never asks anybody anything. */
export class Lookout {
  readonly #options: LookoutOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;
  #nextMs = NEXT_LOOK_MS;

  constructor(options: LookoutOptions) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.#nextMs = NEXT_LOOK_MS;
    this.#later(FIRST_LOOK_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running?.abort();
    this.#running = undefined;
  }

  /** Now, if it is at work at all. */
  look(): void {
    if (this.#timer === undefined) return;
    this.#nextMs = NEXT_LOOK_MS;
    this.#later(0);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#lookAround(), ms);
  }

  async #lookAround(): Promise<void> {
    this.#timer = undefined;
    const run = new AbortController();
    this.#running = run;
    for (const road of this.#options.roads()) {
      if (run.signal.aborted) return;
      const isThere = await road.probe?.(run.signal).catch(() => undefined);
      if (isThere !== false) await this.#try(road, run.signal);
    }
    if (run.signal.aborted) return;
    this.#running = undefined;
    this.#options.onLooked();
    this.#later(this.#nextMs);
    this.#nextMs = Math.min(2 * this.#nextMs, MOST_LOOK_MS);
  }

  async #try(road: Road, signal: AbortSignal): Promise<void> {
    const known = this.#options.session();
    if (signal.aborted || known === undefined) return;
    const instanceId = randomUUID();
    let ladder = emptyLadder;
    const reporter = new LadderReporter((event) => (ladder = climb(ladder, event)));
    let session: GatewaySession | undefined;
    try {
      const bound = AbortSignal.any([signal, AbortSignal.timeout(CLIMB_MS)]);
      session = await road.climb({ signal: bound, ladder: reporter, interactive: false }, instanceId);
      await assertSameGateway(known, { instanceId, path: road.path });
      if (!signal.aborted && (await this.#options.onProven({ road, session, ladder }))) session = undefined;
    } catch (error) {
      // The road that is open was lost meanwhile; that says nothing of this one.
      if (!signal.aborted && this.#options.session() === known) await this.#options.onFailed(road, error);
    } finally {
      session?.close();
    }
  }
}
