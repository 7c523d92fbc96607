import { CancelledError } from "../../protocol/errors/connect-error.ts";
import { type Failure, toFailure } from "../../protocol/errors/failure.ts";
import { type Ladder, LadderReporter, climb as applyLadder, emptyLadder } from "../../protocol/ladder/steps.ts";
import type { Road } from "./roads/road.ts";

/** Climbs a road of its own once, with nothing kept open, and tells how far it came. @throws CancelledError */
export async function examine(
  road: Road,
  signal: AbortSignal,
): Promise<{ readonly ladder: Ladder; readonly failure: Failure | undefined }> {
  let ladder = emptyLadder;
  const reporter = new LadderReporter((event) => {
    ladder = applyLadder(ladder, event);
  });
  try {
    const session = await road.climb({ signal, ladder: reporter, interactive: true });
    session.close();
    return { ladder, failure: undefined };
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    const failure = toFailure(error, reporter.current);
    reporter.fail(failure.step);
    return { ladder, failure };
  } finally {
    road.dispose();
  }
}
