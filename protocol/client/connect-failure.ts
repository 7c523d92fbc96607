import {
  readConnectErrorDetailCode,
  readPairingConnectErrorDetails,
} from "@openclaw/gateway-protocol/connect-error-details";
import { isRetryableGatewayStartupUnavailableError } from "@openclaw/gateway-protocol/startup-unavailable";
import type { ErrorCode } from "../errors/catalogue.ts";
import { ConnectError, type Fact } from "../errors/connect-error.ts";
import { asNumber, asObject } from "../gateway/json.ts";

/** The Gateway's refusal of `connect`, as it came. */
export interface ConnectRefusal {
  readonly code: string;
  readonly message: string;
  readonly details: unknown;
  readonly retryAfterMs: number | undefined;
}

const BY_DETAIL: Readonly<Record<string, ErrorCode>> = {
  PROTOCOL_MISMATCH: "PROTOCOL_MISMATCH",
  CLIENT_VERSION_MISMATCH: "PROTOCOL_MISMATCH",
  AUTH_REQUIRED: "CREDENTIAL_MISSING",
  AUTH_TOKEN_MISSING: "CREDENTIAL_MISSING",
  AUTH_PASSWORD_MISSING: "CREDENTIAL_MISSING",
  AUTH_UNAUTHORIZED: "CREDENTIAL_WRONG",
  AUTH_TOKEN_MISMATCH: "CREDENTIAL_WRONG",
  AUTH_TOKEN_NOT_CONFIGURED: "CREDENTIAL_WRONG",
  AUTH_PASSWORD_MISMATCH: "CREDENTIAL_WRONG",
  AUTH_PASSWORD_NOT_CONFIGURED: "CREDENTIAL_WRONG",
  AUTH_BOOTSTRAP_TOKEN_INVALID: "CREDENTIAL_WRONG",
  AUTH_DEVICE_TOKEN_MISMATCH: "CREDENTIAL_WRONG",
  AUTH_SCOPE_MISMATCH: "SCOPES_MISSING",
  AUTH_RATE_LIMITED: "RATE_LIMITED",
  CONTROL_UI_ORIGIN_NOT_ALLOWED: "ORIGIN_REFUSED",
  CONTROL_UI_DEVICE_IDENTITY_REQUIRED: "DEVICE_REFUSED",
  DEVICE_IDENTITY_REQUIRED: "DEVICE_REFUSED",
  DEVICE_AUTH_INVALID: "DEVICE_REFUSED",
  DEVICE_AUTH_DEVICE_ID_MISMATCH: "DEVICE_REFUSED",
  DEVICE_AUTH_SIGNATURE_EXPIRED: "DEVICE_REFUSED",
  DEVICE_AUTH_NONCE_REQUIRED: "DEVICE_REFUSED",
  DEVICE_AUTH_NONCE_MISMATCH: "DEVICE_REFUSED",
  DEVICE_AUTH_SIGNATURE_INVALID: "DEVICE_REFUSED",
  DEVICE_AUTH_PUBLIC_KEY_INVALID: "DEVICE_REFUSED",
  PAIRING_REQUIRED: "PAIRING_REQUIRED",
};

/** Words a peer sent, made fit for one line: no control characters, at most 300 characters. */
export function oneLine(text: string): string {
  const clean = text.replace(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
  return clean.length > 300 ? `${clean.slice(0, 299)}…` : clean;
}

/** Maps a refusal to the catalogue. The Gateway's own sentence is kept as a fact. */
export function refusalToError(refusal: ConnectRefusal): ConnectError {
  const said = oneLine(refusal.message);
  const facts: Fact[] = [{ label: "detail", value: said }];
  const options = {
    facts,
    cause: refusal,
    ...(refusal.retryAfterMs === undefined ? {} : { retryAfterMs: refusal.retryAfterMs }),
  };
  if (isRetryableGatewayStartupUnavailableError(refusal)) {
    return new ConnectError("GATEWAY_STARTING", `The Gateway is still starting: ${said}.`, options);
  }
  const detail = readConnectErrorDetailCode(refusal.details) ?? "";
  const expected = asNumber(asObject(refusal.details)["expectedProtocol"]);
  // Gateways before protocol 4 name no code, but what they speak.
  const code = BY_DETAIL[detail] ?? (expected === undefined ? "GATEWAY_REFUSED" : "PROTOCOL_MISMATCH");
  if (code === "PAIRING_REQUIRED") {
    const requestId = readPairingConnectErrorDetails(refusal.details)?.requestId;
    if (requestId !== undefined) {
      facts.unshift({ label: "requestId", value: requestId });
      facts.push({ label: "command", value: `openclaw devices approve ${requestId}` });
    }
    return new ConnectError(code, `This device is not approved on the Gateway yet: ${said}.`, options);
  }
  if (code === "PROTOCOL_MISMATCH" && expected !== undefined)
    facts.push({ label: "now", value: `protocol ${expected}` });
  return new ConnectError(code, `The Gateway refused the connection: ${said}.`, options);
}

/** What a socket close means once nothing better is known. Codes: RFC 6455 and docs/gateway/protocol. */
export function closeToError(close: { code: number; reason: string; helloReceived: boolean }): ConnectError {
  const said = oneLine(close.reason);
  const tail = said === "" ? "" : `: ${said}`;
  const facts: Fact[] = said === "" ? [] : [{ label: "detail", value: said }];
  const make = (code: ErrorCode, sentence: string) => new ConnectError(code, sentence, { facts });
  switch (close.code) {
    case 1012:
      return make("GATEWAY_SHUTDOWN", `The Gateway is restarting${tail}.`);
    case 1013:
      return make("GATEWAY_BUSY", `The Gateway asks to come back later${tail}.`);
    case 1002:
    case 1003:
    case 1007:
    case 1009:
      return make("PROTOCOL_VIOLATION", `The Gateway closed the connection for a broken frame (${close.code})${tail}.`);
    case 1008:
      return close.helloReceived
        ? make("CREDENTIAL_WRONG", `The Gateway ended this session${tail === "" ? " (1008)" : tail}.`)
        : make("GATEWAY_REFUSED", `The Gateway refused the connection${tail}.`);
    default:
      return close.helloReceived
        ? make("LINK_LOST", `The link to the Gateway broke (${close.code})${tail}.`)
        : make("HANDSHAKE_TIMEOUT", `The connection ended before the Gateway said hello (${close.code})${tail}.`);
  }
}
