import { readPairingConnectErrorDetails } from "@openclaw/gateway-protocol/connect-error-details";
import { ConnectError } from "../errors/connect-error.ts";
import { asObject } from "../gateway/json.ts";
import { oneLine } from "./connect-failure.ts";

/** A Gateway's wish that somebody approves this device first. */
export interface PairingRefusal {
  /** Of the request that waits on the Gateway. */
  readonly requestId: string;
  /** What the device asked for, as the Gateway has understood it. */
  readonly role: string;
  readonly scopes: readonly string[];
  /** False when the Gateway asks not to come back by ourselves. */
  readonly mayComeBack: boolean;
  /** The Gateway's own wish, milliseconds. */
  readonly retryAfterMs: number | undefined;
}

const MOST_SCOPES = 32;

/**
 * Reads what a `PAIRING_REQUIRED` says (docs/gateway/clients: show the request id, pause or retry as advised).
 * @returns `undefined` for any other error, and for a refusal that names no request
 */
export function readPairingRefusal(error: unknown): PairingRefusal | undefined {
  if (!(error instanceof ConnectError) || error.code !== "PAIRING_REQUIRED") return undefined;
  const details = readPairingConnectErrorDetails(asObject(error.cause)["details"]);
  if (details?.requestId === undefined) return undefined;
  const { recommendedNextStep: next, pauseReconnect, retryable } = details;
  return {
    requestId: details.requestId,
    role: oneLine(details.requestedRole ?? "operator"),
    scopes: (details.requestedScopes ?? []).slice(0, MOST_SCOPES).map(oneLine),
    mayComeBack: pauseReconnect !== true && retryable !== false && (next === undefined || next === "wait_then_retry"),
    retryAfterMs: error.retryAfterMs,
  };
}
