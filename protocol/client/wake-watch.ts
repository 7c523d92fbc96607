import { type Disposable, toDisposable } from "../util/disposable.ts";

/** How often to look at the clock, and how late a look must come to mean that this computer slept. Milliseconds. */
const LOOK_EVERY_MS = 1_000;
const SLEPT_MS = 4_000;

/**
 * Tells when this computer, or this process, has slept: a timer came much later than the clock allows. Seen within a
 * second of waking, also where timers stand still during sleep.
 * @param now milliseconds on a clock that goes on during sleep
 */
export function watchWake(onWake: () => void, now: () => number = Date.now): Disposable {
  let last = now();
  const timer = setInterval(() => {
    const before = last;
    last = now();
    if (last - before > LOOK_EVERY_MS + SLEPT_MS) onWake();
  }, LOOK_EVERY_MS);
  return toDisposable(() => clearInterval(timer));
}
