import type { GatewaySession } from "../../../protocol/client/gateway-session.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import { type ErrorCode, ERRORS } from "../../../protocol/errors/catalogue.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { type Failure, toFailure } from "../../../protocol/errors/failure.ts";
import { type LadderEvent, LadderReporter } from "../../../protocol/ladder/steps.ts";
import type { Road } from "./road.ts";

/** Once a road is open, the safer ones have this long to be open too. Milliseconds. */
const GRACE_MS = 1_500;

export interface Climbed {
  readonly road: Road;
  readonly session: GatewaySession;
}

/** What became of a climb without a person: who is open, who is not, and why. */
export interface Outcome {
  readonly road: Road;
  readonly error: unknown;
  readonly failure: Failure;
}

export interface Together {
  readonly climbed: Climbed | undefined;
  readonly failed: readonly Outcome[];
}

/** A climb without a person stops here, where one with a person asks: a passphrase, a password, a decision. */
const ASKED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "SSH_CONFIG_INVALID",
  "HOST_KEY_UNKNOWN",
  "SSH_AUTH_FAILED",
  "PROXY_AUTH_REQUIRED",
  "EDGE_HEADERS_INVALID",
  "CREDENTIAL_MISSING",
  "CREDENTIAL_WRONG",
  "PAIRING_REQUIRED",
]);

export const asksPerson = ({ code }: Failure): boolean => ASKED.has(code);

/** Trying again by itself would be of no use: a person has to look at it. In another window that is nothing to mend. */
export const wantsPerson = ({ code }: Failure): boolean => ERRORS[code].policy === "stop" && code !== "WINDOW_MISMATCH";

/**
 * Climbs all the roads at once, without a question. The safest one that opens wins; a road that is slower than a less safe
 * one is waited for a moment only. With a person there, nobody goes past a safer road that only has a question. The ladder
 * shows the safest road, and that of the winner in the end.
 * @param roads the safest first
 * @throws CancelledError
 */
export async function climbTogether(roads: readonly Road[], context: OpenContext): Promise<Together> {
  const { signal, ladder, interactive } = context;
  const scouts = roads.map(
    (road, index) => new Scout(road, signal, index === 0 ? (event) => ladder.repeat([event]) : noop),
  );
  const grace = new Grace(scouts);
  let winner: Scout | undefined;
  for (const scout of scouts) {
    // Each climb has its own time-outs, so that this ends without the grace, too.
    await Promise.race([scout.ended, grace.over]);
    if (scout.session !== undefined) winner = scout;
    const stops = interactive && scout.outcome !== undefined && asksPerson(scout.outcome.failure);
    if (winner !== undefined || stops) break;
  }
  grace.end();
  const failed = scouts.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
  for (const scout of scouts) if (scout !== winner) scout.leave();
  if (signal.aborted) {
    winner?.leave();
    throw new CancelledError();
  }
  if (winner?.session === undefined) return { climbed: undefined, failed };
  if (winner !== scouts[0]) ladder.repeat(winner.events);
  return { climbed: { road: winner.road, session: winner.session }, failed };
}

const noop = (): void => undefined;

/** One climb without a person. */
class Scout {
  readonly road: Road;
  readonly events: LadderEvent[] = [];
  /** Resolves when it is open or has failed. */
  readonly ended: Promise<void>;
  readonly #left = new AbortController();
  session: GatewaySession | undefined;
  outcome: Outcome | undefined;

  constructor(road: Road, signal: AbortSignal, tell: (event: LadderEvent) => void) {
    this.road = road;
    const ladder = new LadderReporter((event) => {
      this.events.push(event);
      if (!this.#left.signal.aborted) tell(event);
    });
    const context = { signal: AbortSignal.any([signal, this.#left.signal]), ladder, interactive: false };
    this.ended = road.climb(context).then(
      (session) => {
        if (this.#left.signal.aborted) session.close();
        else this.session = session;
      },
      (error: unknown) => {
        const failure = toFailure(error, ladder.current);
        if (!(error instanceof CancelledError)) this.outcome = { road, error, failure };
      },
    );
  }

  leave(): void {
    this.#left.abort();
    this.session?.close();
  }
}

/** Begins with the first road that opens. */
class Grace {
  readonly over: Promise<void>;
  readonly #over = Promise.withResolvers<void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(scouts: readonly Scout[]) {
    this.over = this.#over.promise;
    for (const scout of scouts)
      void scout.ended.then(() => {
        if (scout.session !== undefined) this.#timer ??= setTimeout(() => this.#over.resolve(), GRACE_MS);
      });
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
