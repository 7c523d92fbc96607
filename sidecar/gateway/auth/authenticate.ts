import type { DeviceToken } from "../../store/devices.ts";
import { type Refusal, refuse, refuseNobody } from "../refusal.ts";
import type { ConnectParams } from "../wire.ts";
import type { DeviceTokens } from "./device-tokens.ts";
import type { AuthMethod, AuthPolicy, GatewayAuth } from "./gateway-auth.ts";
import type { Peer } from "./peer.ts";
import type { ProxyIdentity } from "./proxy-identity.ts";
import type { AuthRateLimit } from "./rate-limit.ts";
import type { Role } from "./scopes.ts";
import { type SharedSecret, checkSharedSecret, filled } from "./shared-secret.ts";

/** A proxy's or Tailscale's word for who somebody is. */
export type VerifiedIdentity = Extract<ProxyIdentity, { ok: true }>;

/** How somebody proved to be welcome. */
export interface Proof {
  readonly ok: true;
  readonly method: AuthMethod;
  readonly identity: VerifiedIdentity | undefined;
  /** Set when a device token opened the door. */
  readonly deviceToken: DeviceToken | undefined;
}

/** What authentication goes by. */
export interface AuthKeeper {
  readonly policy: AuthPolicy;
  readonly rateLimit: AuthRateLimit;
  readonly tokens: DeviceTokens;
}

interface Visit {
  readonly peer: Peer;
  readonly now: number;
}

/**
 * Finds out whether a client is welcome: by the word of a proxy that we believe, by the shared secret, or by the token of
 * its device. Wrong credentials count against the peer, each kind for itself; missing ones do not.
 */
export function authenticate(params: ConnectParams, role: Role, visit: Visit, keeper: AuthKeeper): Proof | Refusal {
  const { auth } = keeper.policy;
  const { peer } = visit;
  const limits = limitsOf(visit, keeper.rateLimit);
  if (auth.mode === "none") {
    if (peer.isLoopback) return proof("none");
  } else if (auth.mode === "trusted-proxy" && peer.identity?.ok === true && peer.identity.by === "trusted-proxy") {
    return { ...proof("trusted-proxy"), identity: peer.identity };
  }
  const secret = secretFor(auth, peer);
  const offered = secret === undefined ? "missing" : checkSharedSecret(secret, params.auth);
  if (offered !== "missing" && limits.shared.lockedFor > 0) return refuseLocked(limits.shared.lockedFor);
  if (secret !== undefined && offered === "ok") {
    limits.shared.forgive();
    return proof(secret.mode);
  }
  const deviceToken = filled(params.auth?.deviceToken) ?? filled(params.auth?.token);
  if (params.device !== undefined && deviceToken !== undefined) {
    if (limits.device.lockedFor > 0) return refuseLocked(limits.device.lockedFor);
    const known = keeper.tokens.verify(params.device.id, role, deviceToken);
    if (known !== undefined) {
      limits.device.forgive();
      return { ...proof("device-token"), deviceToken: known };
    }
    if (filled(params.auth?.deviceToken) !== undefined) limits.device.blame();
  }
  if (offered === "mismatch") limits.shared.blame();
  // Somebody who shows a wrong secret is not let in for being somebody else as well.
  else if (deviceToken === undefined && keeper.policy.allowTailscale && peer.identity?.ok === true) {
    if (peer.identity.by === "tailscale") return { ...proof("tailscale"), identity: peer.identity };
  }
  if (auth.mode === "trusted-proxy" || auth.mode === "none") return refuseUnproved(auth.mode, peer, params);
  if (params.device === undefined && offered === "missing") return refuseNobody();
  return refuseCredential(params, offered, auth.mode);
}

const proof = (method: AuthMethod): Proof => ({ ok: true, method, identity: undefined, deviceToken: undefined });

/** Behind a proxy that says who somebody is, the password is for programs of this computer only. */
function secretFor(auth: GatewayAuth, peer: Peer): SharedSecret | undefined {
  switch (auth.mode) {
    case "none":
      return undefined;
    case "trusted-proxy":
      return auth.value !== undefined && peer.isLoopback ? { mode: "password", value: auth.value } : undefined;
    case "token":
    case "password":
      return { mode: auth.mode, value: auth.value };
  }
}

/** The two counters of a peer; those of a peer that is exempt do nothing. */
function limitsOf({ peer, now }: Visit, rateLimit: AuthRateLimit) {
  const key = rateLimit.keyOf(peer);
  const counter = (kind: "shared" | "device") => ({
    lockedFor: key === undefined ? 0 : rateLimit.lockedFor(`${kind} ${key}`, now),
    blame: () => key !== undefined && rateLimit.noteFailure(`${kind} ${key}`, now),
    forgive: () => key !== undefined && rateLimit.noteSuccess(`${kind} ${key}`),
  });
  return { shared: counter("shared"), device: counter("device") };
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

function refuseUnproved(mode: "trusted-proxy" | "none", peer: Peer, params: ConnectParams): Refusal {
  if (mode === "none") return params.device === undefined ? refuseNobody() : refuseFor("unauthorized", "AUTH_REQUIRED");
  const reason = peer.identity?.ok === false ? peer.identity.reason : "trusted_proxy_identity_missing";
  return refuseFor(reason, "AUTH_UNAUTHORIZED");
}

const refuseFor = (reason: string, code: string): Refusal =>
  refuse(`unauthorized: ${reason}`, {
    code,
    authReason: reason,
    canRetryWithDeviceToken: false,
    recommendedNextStep: "review_auth_configuration",
  });

function refuseCredential(
  params: ConnectParams,
  shared: "missing" | "mismatch" | "ok",
  mode: "token" | "password",
): Refusal {
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
