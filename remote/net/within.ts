import { CancelledError } from "../../protocol/errors/connect-error.ts";

export interface Bound<T> {
  readonly signal: AbortSignal;
  /** Milliseconds; left out when a person is being waited for. */
  readonly timeoutMs?: number;
  readonly onTimeout?: () => Error;
  /** Lets go of a result that comes after the wait has ended. */
  readonly discard?: (late: T) => void;
}

/**
 * Waits for work that cannot be stopped by itself. Rejects with `CancelledError` on abort and with `onTimeout()` when the
 * time is over, at once in both cases.
 */
export function within<T>(work: Promise<T>, bound: Bound<T>): Promise<T> {
  const { signal } = bound;
  return new Promise<T>((resolve, reject) => {
    let ended = false;
    const end = (settle: () => void): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      settle();
    };
    const cancel = (): void => end(() => reject(new CancelledError()));
    const timer =
      bound.timeoutMs === undefined
        ? undefined
        : setTimeout(() => end(() => reject(bound.onTimeout?.() ?? new Error("Timed out"))), bound.timeoutMs);
    work.then(
      (value) => {
        if (ended) bound.discard?.(value);
        else end(() => resolve(value));
      },
      (error: unknown) => end(() => reject(error instanceof Error ? error : new Error(String(error)))),
    );
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
  });
}
