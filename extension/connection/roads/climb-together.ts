import type { GatewaySession } from "../../../protocol/client/gateway-session.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import { type ErrorCode, ERRORS } from "../../../protocol/errors/catalogue.ts";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import type { Failure } from "../../../protocol/errors/failure.ts";
import type { LadderEvent } from "../../../protocol/ladder/steps.ts";
import { type Outcome, QuietClimb, passed } from "./quiet-climb.ts";
import type { Road } from "./road.ts";

/** RFC 8305, 5: a road begins this much later than the one before it, or as soon as that one has failed. Milliseconds. */
const HEAD_START_MS = 250;
/** Once a road is open, the safer ones have this long to be open too. */
const GRACE_MS = 1_500;

export interface Climbed {
  readonly road: Road;
  readonly session: GatewaySession;
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
  "SSH_WEB_SIGN_IN",
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
 * Climbs all the roads, each a moment after a safer one, without a question. The safest one that opens wins; a road that is
 * slower than a less safe one is waited for a moment only. With a person there, nobody goes past a safer road that only has a
 * question. The ladder shows the safest road, and that of the winner in the end.
 * @param roads the safest first
 * @param onLate hears what became of a road that was not waited for
 * @throws CancelledError
 */
export async function climbTogether(
  roads: readonly Road[],
  context: OpenContext,
  onLate: (outcome: Outcome) => void,
): Promise<Together> {
  const { signal, ladder, interactive } = context;
  const climbs = roads.map((road, index) => {
    const tell = index === 0 ? (event: LadderEvent) => ladder.repeat([event]) : () => undefined;
    return new QuietClimb(road, { signal, tell, onLate });
  });
  const decided = new AbortController();
  const grace = new Grace(climbs, decided.signal);
  void startOneByOne(climbs, decided.signal);
  let winner: QuietClimb | undefined;
  for (const climb of climbs) {
    // Each climb has its own time-outs, so that this ends without the grace, too.
    await Promise.race([climb.ended, grace.over]);
    if (climb.session !== undefined) winner = climb;
    const stops = interactive && climb.outcome !== undefined && asksPerson(climb.outcome.failure);
    if (winner !== undefined || stops) break;
  }
  decided.abort();
  const failed = climbs.flatMap(({ outcome }) => (outcome === undefined ? [] : [outcome]));
  for (const climb of climbs) if (climb !== winner) climb.leave({ goesOn: winner !== undefined });
  if (signal.aborted) {
    winner?.leave({ goesOn: false });
    throw new CancelledError();
  }
  if (winner?.session === undefined) return { climbed: undefined, failed };
  if (winner !== climbs[0]) ladder.repeat(winner.events);
  return { climbed: { road: winner.road, session: winner.session }, failed };
}

/** One that is open makes the less safe ones needless. */
async function startOneByOne(climbs: readonly QuietClimb[], decided: AbortSignal): Promise<void> {
  for (const climb of climbs) {
    if (decided.aborted) return;
    climb.start();
    await Promise.race([climb.ended, passed(HEAD_START_MS, decided)]);
    if (climb.session !== undefined) return;
  }
}

/** Begins with the first road that opens. */
class Grace {
  readonly over: Promise<void>;

  constructor(climbs: readonly QuietClimb[], decided: AbortSignal) {
    const over = Promise.withResolvers<void>();
    this.over = over.promise;
    for (const climb of climbs)
      void climb.ended.then(async () => {
        if (climb.session === undefined) return;
        await passed(GRACE_MS, decided);
        over.resolve();
      });
  }
}
