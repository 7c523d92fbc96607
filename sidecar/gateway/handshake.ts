import type { DeviceToken, PairedDevice } from "../store/devices.ts";
import { type AuthKeeper, type Proof, authenticate } from "./auth/authenticate.ts";
import { refuseDevice } from "./auth/device-signature.ts";
import { type AuthMethod, scopesOfIdentity } from "./auth/gateway-auth.ts";
import { refuseOrigin } from "./auth/origin.ts";
import { PENDING, type Pairing } from "./auth/pairing.ts";
import type { Peer } from "./auth/peer.ts";
import { type Role, covers, coversAll, union } from "./auth/scopes.ts";
import type { Grant } from "./connection.ts";
import { type Refusal, refuse, refuseNobody } from "./refusal.ts";
import { fits } from "./schema.ts";
import { type ConnectParams, PROTOCOL_VERSION, connectParams } from "./wire.ts";

/** What decides who comes in. */
export interface DoorKeeper extends AuthKeeper {
  readonly allowedOrigins: readonly string[];
  readonly pairing: Pairing;
}

export type Verdict =
  | {
      readonly ok: true;
      readonly grant: Grant;
      /** `auth.method` of hello-ok. */
      readonly method: AuthMethod;
      readonly issued: { readonly token: string; readonly issuedAt: number } | undefined;
      /** Set when the device was let in for the first time, or with more than before. */
      readonly approved: PairedDevice | undefined;
    }
  | Refusal;

const OLDEST_PROBE = 3;
const CONTROL_UI = "openclaw-control-ui";
const ORIGIN_REFUSED =
  "origin not allowed (open the Control UI from the gateway host or allow it in gateway.controlUi.allowedOrigins)";

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
  const originProblem = refuseOrigin(visit.peer.origin, { ...visit.peer, allowed: keeper.allowedOrigins });
  if (originProblem !== undefined) {
    return refuse(ORIGIN_REFUSED, { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED", reason: originProblem });
  }
  const { device } = params;
  const deviceProblem = device && refuseDevice(device, params, visit);
  if (deviceProblem !== undefined) {
    return refuse(deviceProblem.message, { code: deviceProblem.code, reason: deviceProblem.reason });
  }
  const proof = authenticate(params, role, visit, keeper);
  if (!proof.ok) return proof;
  if (proof.deviceToken !== undefined) return admitDeviceToken(params, proof.deviceToken, visit, keeper);
  return proof.identity === undefined
    ? admitShared(params, role, { ...visit, proof }, keeper)
    : admitIdentity(params, role, { ...visit, proof }, keeper);
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
type Welcome = Visit & { readonly proof: Proof };

/** Programs of this computer that hold the shared secret need no device; see `gateway/operator-scopes.md`. */
function keepsScopes(params: ConnectParams, peer: Peer): boolean {
  const { id, mode } = params.client;
  const isLocalTool = (id === "cli" && mode === "cli") || (id === "gateway-client" && mode === "backend");
  return isLocalTool && peer.isLoopback && peer.origin === undefined;
}

function admitShared(params: ConnectParams, role: Role, visit: Welcome, keeper: DoorKeeper): Verdict {
  const base = grantOf(params, role, visit.proof);
  const { method } = visit.proof;
  if (params.device === undefined) {
    if (role === "node") return refuseNobody();
    const grant = keepsScopes(params, visit.peer) ? base : { ...base, scopes: [] };
    return { ok: true, grant, method, issued: undefined, approved: undefined };
  }
  // A node has no scopes: one that asks for some is looked at by a person.
  const silently = visit.peer.isLoopback && (role === "operator" || base.scopes.length === 0);
  return admitDevice(params, base, { ...visit, silently, method }, keeper);
}

/**
 * Somebody of whom a proxy or Tailscale says who it is. That says nothing about the device: it needs its own approval,
 * but for the Control UI of a person whom Tailscale knows. What the config gives the person is for this connection only.
 */
function admitIdentity(params: ConnectParams, role: Role, visit: Welcome, keeper: DoorKeeper): Verdict {
  const { method, identity } = visit.proof;
  const ofPerson =
    identity === undefined || role === "node" ? [] : scopesOfIdentity(identity.user, keeper.policy.identityScopes);
  const cap = (scopes: readonly string[]): readonly string[] =>
    identity?.cap === undefined ? scopes : scopes.filter((scope) => covers(identity.cap ?? [], scope));
  const wish = grantOf(params, role, visit.proof);
  const isControlUi = params.client.id === CONTROL_UI && role === "operator";
  if (params.device === undefined) {
    if (!isControlUi || method !== "trusted-proxy") return refuseNobody();
    return { ok: true, grant: { ...wish, scopes: cap(ofPerson) }, method, issued: undefined, approved: undefined };
  }
  // What the person has anyway is not asked of the device.
  const scopes = cap(wish.scopes.filter((scope) => !covers(ofPerson, scope)));
  const silently = method === "tailscale" && isControlUi;
  const verdict = admitDevice(params, { ...wish, scopes }, { ...visit, silently, method }, keeper);
  if (!verdict.ok) return verdict;
  return { ...verdict, grant: { ...verdict.grant, scopes: cap(union(verdict.grant.scopes, ofPerson)) } };
}

function admitDeviceToken(params: ConnectParams, token: DeviceToken, visit: Visit, keeper: DoorKeeper): Verdict {
  const base = grantOf(params, token.role === "node" ? "node" : "operator", { method: "device-token" });
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
  how: Visit & { readonly silently: boolean; readonly method: AuthMethod },
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

function grantOf(params: ConnectParams, role: Role, { method }: Pick<Proof, "method">): Grant {
  return {
    client: params.client,
    role,
    scopes: [...new Set(params.scopes)],
    caps: params.caps ?? [],
    commands: role === "node" ? (params.commands ?? []) : [],
    deviceId: params.device?.id,
    method,
    byDeviceToken: method === "device-token",
  };
}
