import type { LadderStep } from "../ladder/steps.ts";
import { ERRORS, type ErrorAction, type ErrorCode } from "./catalogue.ts";
import { ConnectError, type Fact } from "./connect-error.ts";

/** A failure as plain data: what a card, a status bar or a CLI line is made of. */
export interface Failure {
  readonly code: ErrorCode;
  readonly step: LadderStep;
  /** One English sentence with the offending value, for logs, `--json` and Copy details. */
  readonly message: string;
  readonly facts: readonly Fact[];
  readonly actions: readonly ErrorAction[];
}

/** Turns whatever was thrown into a failure; an unknown error becomes `LINK_LOST` at the given rung. */
export function toFailure(error: unknown, step?: LadderStep): Failure {
  if (error instanceof ConnectError) {
    const entry = ERRORS[error.code];
    return {
      code: error.code,
      step: error.step ?? entry.step,
      message: error.message,
      facts: error.facts,
      actions: entry.actions,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "LINK_LOST",
    step: step ?? ERRORS.LINK_LOST.step,
    message,
    facts: [],
    actions: ERRORS.LINK_LOST.actions,
  };
}
