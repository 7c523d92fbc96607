/** A run that is not over: it streams, or waits for the ones before it in its session. */
export interface ActiveRun {
  readonly runId: string;
  readonly sessionKey: string;
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly question: string;
  /** An answer that needs no model and is ready. */
  readonly reply: string | undefined;
  readonly abort: AbortController;
  /** The answer so far. */
  text: string;
  /** Counts the events of this run; shared by `agent` and `chat`. */
  seq: number;
  /** It is being answered, and no longer waits for its turn. */
  hasBegun: boolean;
  /** Nothing that comes later may change it. */
  isOver: boolean;
}

/** All runs that are not over, in the order in which each session takes its turns. */
export class ActiveRuns {
  readonly #lanes = new Map<string, ActiveRun[]>();

  get size(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.length;
    return count;
  }

  all(): readonly ActiveRun[] {
    return [...this.#lanes.values()].flat();
  }

  of(sessionKey: string): readonly ActiveRun[] {
    return this.#lanes.get(sessionKey) ?? [];
  }

  idsOf(sessionKey: string): readonly string[] {
    return this.of(sessionKey).map((run) => run.runId);
  }

  /** The one that streams. */
  first(sessionKey: string): ActiveRun | undefined {
    return this.#lanes.get(sessionKey)?.[0];
  }

  add(run: ActiveRun): void {
    const lane = this.#lanes.get(run.sessionKey);
    if (lane === undefined) this.#lanes.set(run.sessionKey, [run]);
    else lane.push(run);
  }

  remove(run: ActiveRun): void {
    const lane = this.#lanes.get(run.sessionKey)?.filter((other) => other !== run) ?? [];
    if (lane.length === 0) this.#lanes.delete(run.sessionKey);
    else this.#lanes.set(run.sessionKey, lane);
  }
}
