import type { DeviceToken, PairedDevice } from "../store/devices.ts";
import type { AuthRateLimit } from "./auth/rate-limit.ts";
import { refuseDevice } from "./auth/device-signature.ts";
import type { DeviceTokens } from "./auth/device-tokens.ts";
import { refuseOrigin } from "./auth/origin.ts";
import { PENDING, type Pairing } from "./auth/pairing.ts";
import type { Peer } from "./auth/peer.ts";
import { type Role, coversAll } from "./auth/scopes.ts";
import { type SharedSecret, checkSharedSecret, filled } from "./auth/shared-secret.ts";
import type { Grant } from "./connection.ts";
import { fits } from "./schema.ts";
import { type ConnectParams, type ErrorShape, PROTOCOL_VERSION, connectParams } from "./wire.ts";

/** What decides who comes in. */
export interface DoorKeeper {
  readonly secret: SharedSecret;
  readonly allowedOrigins: readonly string[];
  readonly rateLimit: AuthRateLimit;
  readonly pairing: Pairing;
  readonly tokens: DeviceTokens;
}

export type Verdict =
  | {
      readonly ok: true;
      readonly grant: Grant;
      /** `auth.method` of hello-ok. */
      readonly method: string;
      readonly issued: { readonly token: string; readonly issuedAt: number } | undefined;
      /** Set when the device was let in for the first time, or with more than before. */
      readonly approved: PairedDevice | undefined;
    }
  | {
      readonly ok: false;
      readonly error: ErrorShape;
      readonly closeCode: number;
      readonly closeReason: string;
      /** Somebody with the right scope should hear of it. */
      readonly pending?: string;
    };

type Refusal = Extract<Verdict, { ok: false }>;

const OLDEST_PROBE = 3;
const ORIGIN_REFUSED =
  "origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)";

function refuse(message: string, details?: Readonly<Record<string, unknown>>, more: Partial<ErrorShape> = {}): Refusal {
  const error: ErrorShape = {
    code: "INVALID_REQUEST",
    message,
    ...(details === undefined ? {} : { details }),
    ...more,
  };
  return { ok: false, error, closeCode: 1008, closeReason: message };
}

/**
 * Decides about one `connect`. The order of the checks and their wording are those of the real Gateway: clients branch on
 * them.
 */
export function decide(
  params: unknown,
  visit: { readonly peer: Peer; readonly nonce: string; readonly now: number },
  keeper: DoorKeeper,
): Verdict {
  if (!fits(connectParams, params)) {
    return refuse(`invalid connect params: ${connectParams.problem(params, "") ?? "must be object"}`);
  }
  if (params.minProtocol > PROTOCOL_VERSION || params.maxProtocol < PROTOCOL_VERSION) return refuseProtocol(params);
  const role = params.role ?? "operator";
  if (role !== "operator" && role !== "node") return refuse("invalid role");
  if (role === "node") return refuse("this Gateway does not serve nodes yet");
  const originProblem = refuseOrigin(visit.peer.origin, visit.peer.host, keeper.allowedOrigins);
  if (originProblem !== undefined) {
    return refuse(ORIGIN_REFUSED, { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason: originProblem });
  }
  const { device } = params;
  const deviceProblem = device && refuseDevice(device, params, visit);
  if (deviceProblem !== undefined) {
    return refuse(deviceProblem.message, { code: deviceProblem.code, reason: deviceProblem.reason });
  }
  return authenticate(params, role, visit, keeper);
}

function refuseProtocol(params: ConnectParams): Refusal {
  const details = {
    code: "PROTOCOL_MISMATCH",
    clientMinProtocol: params.minProtocol,
    clientMaxProtocol: params.maxProtocol,
    expectedProtocol: PROTOCOL_VERSION,
    minimumProbeProtocol: OLDEST_PROBE,
  };
  return { ...refuse("protocol mismatch", details), closeCode: 1002 };
}

type Visit = Parameters<typeof decide>[1];

function authenticate(params: ConnectParams, role: Role, visit: Visit, keeper: DoorKeeper): Verdict {
  const { rateLimit } = keeper;
  const limitKey = rateLimit.keyOf(visit.peer);
  const lockedFor = limitKey === undefined ? 0 : rateLimit.lockedFor(limitKey, visit.now);
  if (lockedFor > 0) return refuseLocked(lockedFor);
  const shared = checkSharedSecret(keeper.secret, params.auth);
  if (shared === "ok") {
    if (limitKey !== undefined) rateLimit.noteSuccess(limitKey);
    return admitShared(params, role, visit, keeper);
  }
  const { device, auth } = params;
  const deviceToken = filled(auth?.deviceToken) ?? filled(auth?.token);
  if (device === undefined && shared === "missing") return refuseNobody();
  const known = device && deviceToken && keeper.tokens.verify(device.id, role, deviceToken);
  if (known) {
    if (limitKey !== undefined) rateLimit.noteSuccess(limitKey);
    return admitDeviceToken(params, known, visit, keeper);
  }
  // A credential that was offered and wrong counts against the peer; one that was not offered does not.
  const isWrong = shared === "mismatch" || deviceToken !== undefined;
  if (isWrong && limitKey !== undefined) rateLimit.noteFailure(limitKey, visit.now);
  return refuseCredential(params, shared, keeper.secret.mode);
}

function refuseNobody(): Refusal {
  return refuse("device identity required", { code: "DEVICE_IDENTITY_REQUIRED" }, { code: "NOT_PAIRED" });
}

function refuseLocked(retryAfterMs: number): Refusal {
  return refuse(
    "unauthorized: too many failed authentication attempts (retry later)",
    {
      code: "AUTH_RATE_LIMITED",
      authReason: "rate_limited",
      canRetryWithDeviceToken: false,
      recommendedNextStep: "wait_then_retry",
    },
    { retryable: true, retryAfterMs },
  );
}

function refuseCredential(params: ConnectParams, shared: "missing" | "mismatch", mode: "token" | "password"): Refusal {
  const deviceTokenOnly =
    params.auth?.deviceToken !== undefined &&
    (params.auth.token ?? params.auth.deviceToken) === params.auth.deviceToken;
  if (deviceTokenOnly && params.auth?.password === undefined) {
    return refuse("unauthorized: device token mismatch (rotate/reissue device token)", {
      code: "AUTH_DEVICE_TOKEN_MISMATCH",
      authReason: "device_token_mismatch",
      canRetryWithDeviceToken: false,
      recommendedNextStep: "update_auth_credentials",
    });
  }
  const canRetry = shared === "mismatch" && params.device !== undefined && mode === "token";
  const next = shared === "missing" ? "update_auth_configuration" : "update_auth_credentials";
  return refuse(`unauthorized: gateway ${mode} ${shared} (provide gateway auth ${mode})`, {
    code: `AUTH_${mode.toUpperCase()}_${shared.toUpperCase()}`,
    authReason: `${mode}_${shared}`,
    canRetryWithDeviceToken: canRetry,
    recommendedNextStep: canRetry ? "retry_with_device_token" : next,
  });
}

/** Programs of this computer that hold the shared secret need no device; see `gateway/operator-scopes.md`. */
function keepsScopes(params: ConnectParams, peer: Peer): boolean {
  const { id, mode } = params.client;
  const isLocalTool = (id === "cli" && mode === "cli") || (id === "gateway-client" && mode === "backend");
  return isLocalTool && peer.isLoopback && peer.origin === undefined;
}

function admitShared(params: ConnectParams, role: Role, visit: Visit, keeper: DoorKeeper): Verdict {
  const base = grantOf(params, role);
  if (params.device === undefined) {
    const grant = keepsScopes(params, visit.peer) ? base : { ...base, scopes: [] };
    return { ok: true, grant, method: keeper.secret.mode, issued: undefined, approved: undefined };
  }
  return admitDevice(params, base, { ...visit, silently: visit.peer.isLoopback, method: keeper.secret.mode }, keeper);
}

function admitDeviceToken(params: ConnectParams, token: DeviceToken, visit: Visit, keeper: DoorKeeper): Verdict {
  const base: Grant = { ...grantOf(params, token.role === "node" ? "node" : "operator"), byDeviceToken: true };
  if (!coversAll(token.scopes, base.scopes)) {
    return refuse("unauthorized: device token scope mismatch (re-pair this device or ask for fewer scopes)", {
      code: "AUTH_SCOPE_MISMATCH",
      authReason: "scope_mismatch",
      canRetryWithDeviceToken: false,
      recommendedNextStep: "review_auth_configuration",
    });
  }
  return admitDevice(params, base, { ...visit, silently: false, method: "device-token" }, keeper);
}

function admitDevice(
  params: ConnectParams,
  grant: Grant,
  how: Visit & { readonly silently: boolean; readonly method: string },
  keeper: DoorKeeper,
): Verdict {
  const { device, client } = params;
  if (device === undefined) return refuseNobody();
  const outcome = keeper.pairing.admit(
    {
      deviceId: device.id,
      publicKey: device.publicKey,
      displayName: client.displayName,
      platform: client.platform,
      deviceFamily: client.deviceFamily,
      clientId: client.id,
      clientMode: client.mode,
      role: grant.role,
      scopes: grant.scopes,
      remoteIp: how.peer.isLoopback ? undefined : how.peer.address,
    },
    how,
  );
  if (outcome.kind === "pending") return refusePending(outcome, grant);
  const issued = keeper.tokens.issue(outcome.device, grant.role, how.now);
  return { ok: true, grant, method: how.method, issued, approved: outcome.isNew ? outcome.device : undefined };
}

function refusePending(outcome: Extract<ReturnType<Pairing["admit"]>, { kind: "pending" }>, grant: Grant): Refusal {
  const { request, reason, approved } = outcome;
  const { requirement, hint } = PENDING[reason];
  const message = `pairing required: ${requirement}`;
  const details = {
    code: "PAIRING_REQUIRED",
    reason,
    requestId: request.requestId,
    remediationHint: hint,
    deviceId: request.deviceId,
    requestedRole: grant.role,
    requestedScopes: grant.scopes,
    ...(approved === undefined ? {} : { approvedRoles: approved.roles, approvedScopes: approved.scopes }),
  };
  return {
    ok: false,
    error: { code: "NOT_PAIRED", message, details },
    closeCode: 1008,
    closeReason: `${message} (requestId: ${request.requestId})`,
    pending: request.requestId,
  };
}

function grantOf(params: ConnectParams, role: Role): Grant {
  return {
    client: params.client,
    role,
    scopes: [...new Set(params.scopes)],
    caps: params.caps ?? [],
    deviceId: params.device?.id,
    byDeviceToken: false,
  };
}
