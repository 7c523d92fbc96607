import { type Disposable, toDisposable } from "../util/disposable.ts";

/** Whether the other end can be reached at all; undefined when it cannot be told. Costs next to nothing, and no secret. */
export type Probe = (signal: AbortSignal) => Promise<boolean | undefined>;

export interface ReturnWatch {
  readonly probe: Probe;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Known from the attempt that failed: the other end was not there. */
  readonly wasAway: boolean;
  /** The other end was away and is there again. Called at most once. */
  readonly onReturn: () => void;
}

/**
 * Looks, while a connection waits for its next attempt, whether the other end has come back, so that an outage ends for
 * us when it ends. Only the change from away to there counts: an end that is there and refuses us is left to the backoff
 * and is not asked again.
 */
export function watchReturn({ probe, everyMs, wasAway, onReturn }: ReturnWatch): Disposable {
  const abort = new AbortController();
  let away = wasAway;
  let timer = setTimeout(() => void look(), everyMs);

  async function look(): Promise<void> {
    const isThere = await probe(abort.signal).catch(() => undefined);
    if (abort.signal.aborted || (isThere === true && !away)) return;
    if (isThere === true) return onReturn();
    away ||= isThere === false;
    timer = setTimeout(() => void look(), everyMs);
  }

  return toDisposable(() => {
    clearTimeout(timer);
    abort.abort();
  });
}
