import type { GatewaySession } from "../../../protocol/client/gateway-session.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { type Failure, toFailure } from "../../../protocol/errors/failure.ts";
import { type LadderEvent, LadderReporter } from "../../../protocol/ladder/steps.ts";
import type { Road } from "./road.ts";

/** Longest that a road that is no longer waited for goes on climbing, so that it is known what became of it. */
const LATE_MS = 20_000;

/** What became of a climb without a person: who is open, who is not, and why. */
export interface Outcome {
  readonly road: Road;
  readonly error: unknown;
  readonly failure: Failure;
}

export interface QuietClimbOptions {
  readonly signal: AbortSignal;
  readonly tell: (event: LadderEvent) => void;
  readonly onLate: (outcome: Outcome) => void;
}

/** One climb without a person, one of several: its session is closed where it is not the one that is taken. */
export class QuietClimb {
  readonly road: Road;
  readonly events: LadderEvent[] = [];
  /** Resolves when it is open or has failed. */
  readonly ended: Promise<void>;
  readonly #options: QuietClimbOptions;
  readonly #ended = Promise.withResolvers<void>();
  readonly #stopped = new AbortController();
  #isLeft = false;
  session: GatewaySession | undefined;
  outcome: Outcome | undefined;

  constructor(road: Road, options: QuietClimbOptions) {
    this.road = road;
    this.#options = options;
    this.ended = this.#ended.promise;
  }

  start(): void {
    const { road } = this;
    const { signal, tell, onLate } = this.#options;
    const ladder = new LadderReporter((event) => {
      this.events.push(event);
      if (!this.#isLeft) tell(event);
    });
    road
      .climb({ signal: AbortSignal.any([signal, this.#stopped.signal]), ladder, interactive: false })
      .then(
        (session) => {
          if (this.#isLeft) session.close();
          else this.session = session;
        },
        (error: unknown) => {
          if (error instanceof CancelledError) return;
          const outcome = { road, error, failure: toFailure(error, ladder.current) };
          if (this.#isLeft) onLate(outcome);
          else this.outcome = outcome;
        },
      )
      .finally(() => this.#ended.resolve());
  }

  /** It is not waited for any more. @param how.goesOn it climbs to its end by itself and is closed there */
  leave({ goesOn }: { readonly goesOn: boolean }): void {
    this.#isLeft = true;
    this.session?.close();
    if (!goesOn) this.#stopped.abort();
    else if (this.session === undefined && this.outcome === undefined)
      void passed(LATE_MS, this.#options.signal).then(() => this.#stopped.abort());
  }
}

/** Resolves after the time, or when it is no longer waited for. */
export function passed(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
