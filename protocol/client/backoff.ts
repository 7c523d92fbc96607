export interface Backoff {
  /** First wait at most, milliseconds. */
  readonly initialMs: number;
  readonly maxMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { initialMs: 1_000, maxMs: 30_000 };

/**
 * How long to wait before an attempt, milliseconds: doubling, capped, and spread over the upper half so that many
 * clients of one restarted Gateway do not come back in the same instant.
 * @param attempt 1 for the first retry
 * @param random in [0, 1)
 */
export function backoffDelayMs(backoff: Backoff, attempt: number, random: number): number {
  const ceiling = Math.min(backoff.maxMs, backoff.initialMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceiling * (0.5 + random / 2));
}
