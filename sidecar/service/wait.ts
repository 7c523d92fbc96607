import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 25;

/** Asks until the answer is no longer undefined. Undefined when the time (milliseconds) is over. */
export async function waitFor<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  timeoutMs: number,
): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() >= end) return answer;
    await pause(POLL_MS);
  }
}
