import { GatewayProtocolRequestError, GatewayProtocolRequestTimeoutError } from "@openclaw/gateway-client/browser";
import { CancelledError, ConnectError } from "../errors/connect-error.ts";
import { oneLine } from "./connect-failure.ts";

export interface RequestOptions {
  /** Milliseconds; `null` waits for ever (a run that streams). The session's default when absent. */
  readonly timeoutMs?: number | null;
  readonly signal?: AbortSignal;
}

/** The Gateway answered a request with an error. */
export class GatewayRequestError extends Error {
  override readonly name = "GatewayRequestError";
  readonly method: string;
  /** The Gateway's code: `INVALID_REQUEST`, `UNAVAILABLE`, … */
  readonly code: string;
  readonly details: unknown;
  readonly retryAfterMs: number | undefined;

  constructor(
    method: string,
    answer: { code: string; message: string; details: unknown; retryAfterMs: number | undefined },
  ) {
    super(oneLine(answer.message));
    this.method = method;
    this.code = answer.code;
    this.details = answer.details;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** The Gateway did not answer in time; whether it acted is unknown. */
export class GatewayTimeoutError extends Error {
  override readonly name = "GatewayTimeoutError";
  constructor(method: string, timeoutMs: number) {
    super(`The Gateway did not answer ${method} within ${timeoutMs} ms.`);
  }
}

/** Gives every way in which a request can fail its one type. */
export function toRequestFailure(error: unknown, options: { method: string; signal: AbortSignal | undefined }): Error {
  if (options.signal?.aborted === true) return new CancelledError();
  if (error instanceof GatewayProtocolRequestTimeoutError)
    return new GatewayTimeoutError(error.method, error.timeoutMs);
  if (error instanceof GatewayProtocolRequestError) {
    return new GatewayRequestError(options.method, {
      code: error.gatewayCode,
      message: error.message,
      details: error.details,
      retryAfterMs: error.retryAfterMs,
    });
  }
  if (error instanceof ConnectError) return error;
  return new ConnectError(
    "LINK_LOST",
    `The link to the Gateway was lost while ${options.method} waited for its answer.`,
    { cause: error },
  );
}
