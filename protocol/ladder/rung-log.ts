import { LADDER_STEPS, type LadderRung } from "./steps.ts";

/** One rung that has ended, for the log: English and plain. */
export function rungLog({ step, status, ms, evidence }: LadderRung): string {
  const time = ms === undefined ? "" : ` in ${Math.round(ms)} ms`;
  const why = evidence === undefined ? "" : ` (${evidence})`;
  return `step ${LADDER_STEPS.indexOf(step) + 1}: ${step} ${status}${time}${why}`;
}
