import type { LadderStep } from "../ladder/steps.ts";
import type { ErrorCode } from "./catalogue.ts";

/** One labelled value on a card: "Known" → "SHA256:…". Never a secret. */
export interface Fact {
  readonly label: FactLabel;
  readonly value: string;
}

export type FactLabel =
  | "host"
  | "port"
  | "known"
  | "now"
  | "savedIn"
  | "keyType"
  | "certificate"
  | "url"
  | "user"
  | "detail"
  | "command"
  | "requestId";

/**
 * The one error that crosses a boundary of this product: a code of the catalogue, the rung it happened on, the offending
 * values and the cause. `message` is one English sentence for logs and the CLI; people see the catalogue's wording.
 */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly code: ErrorCode;
  readonly step: LadderStep | undefined;
  readonly facts: readonly Fact[];
  /** The Gateway's own wish, milliseconds; obeyed by the reconnect loop. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { step?: LadderStep; facts?: readonly Fact[]; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.step = options.step;
    this.facts = options.facts ?? [];
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Thrown (or used as an abort reason) when a person cancelled. It is a result, not a failure: nobody shows it. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
  constructor() {
    super("Cancelled");
  }
}
