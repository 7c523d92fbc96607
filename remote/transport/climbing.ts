import type { OpenContext } from "../../protocol/client/transport.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import { toFailure } from "../../protocol/errors/failure.ts";

/**
 * Runs the rungs of one road. A failure is marked on its rung and leaves as a `ConnectError`; when the person has cancelled,
 * it is a `CancelledError` whatever else went wrong on the way out.
 */
export async function climbing<T>({ ladder, signal }: OpenContext, climb: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw new CancelledError();
  try {
    return await climb();
  } catch (error) {
    if (signal.aborted || error instanceof CancelledError) throw new CancelledError();
    const failure = toFailure(error, ladder.current);
    ladder.fail(failure.step);
    if (error instanceof ConnectError) throw error;
    throw new ConnectError(failure.code, failure.message, { step: failure.step, cause: error });
  }
}
