import type { DeviceToken, PairedDevice } from "../../store/devices.ts";
import type { PairingRequest } from "../../store/pairing-requests.ts";
import { covers, coversAll } from "../auth/scopes.ts";
import { pendingView } from "../gateway-events.ts";
import { list, nonEmpty, object } from "../schema.ts";
import { invalid } from "../wire.ts";
import { type Caller, type MethodContext, method } from "./method.ts";

type View = Readonly<Record<string, unknown>>;

const deviceAndRole = object({ deviceId: nonEmpty, role: nonEmpty }, {});

/** Who may come in: look, let in, turn away, throw out. */
export const deviceMethods = [
  method({
    name: "device.pair.list",
    scope: "operator.pairing",
    params: object({}, {}),
    call(_params, context, caller) {
      const { pairing, store } = context;
      const connected = connectedDevices(context);
      return {
        pending: pairing
          .pending(Date.now())
          .filter((request) => manages(caller, request.deviceId))
          .map(pendingView),
        paired: store.devices
          .list()
          .filter((device) => manages(caller, device.deviceId))
          .map((device) => ({
            ...deviceView(device, store.devices.tokens(device.deviceId)),
            connected: connected.has(device.deviceId),
          })),
      };
    },
  }),
  method({
    name: "device.pair.approve",
    scope: "operator.pairing",
    params: object({ requestId: nonEmpty }, {}),
    call(params, context, caller) {
      const request = pendingOf(params.requestId, context, caller);
      if (!coversAll(caller.scopes, request.scopes))
        throw forbidden("approving this request needs the scopes that it asks for");
      const { device, token } = context.store.transaction(() => {
        const approved = context.pairing.approve(request, Date.now());
        return { device: approved, token: context.tokens.issue(approved, request.role, Date.now()) };
      });
      context.events.pairingResolved({
        requestId: request.requestId,
        deviceId: request.deviceId,
        decision: "approved",
      });
      const tokens = token === undefined ? [] : context.store.devices.tokens(device.deviceId);
      return { requestId: request.requestId, device: deviceView(device, tokens) };
    },
  }),
  method({
    name: "device.pair.reject",
    scope: "operator.pairing",
    params: object({ requestId: nonEmpty }, {}),
    call(params, context, caller) {
      const request = pendingOf(params.requestId, context, caller);
      context.store.pairing.remove(request.requestId);
      context.events.pairingResolved({
        requestId: request.requestId,
        deviceId: request.deviceId,
        decision: "rejected",
      });
      return { requestId: request.requestId, deviceId: request.deviceId };
    },
  }),
  method({
    name: "device.pair.remove",
    scope: "operator.pairing",
    params: object({ deviceId: nonEmpty }, {}),
    call(params, context, caller) {
      const { deviceId } = params;
      if (!manages(caller, deviceId) || !context.store.devices.remove(deviceId)) throw invalid("unknown deviceId");
      disconnect(deviceId, context, "device removed");
      return { deviceId };
    },
  }),
  method({
    name: "device.token.rotate",
    scope: "operator.pairing",
    params: object({ deviceId: nonEmpty, role: nonEmpty }, { scopes: list(nonEmpty) }),
    call(params, context, caller) {
      const known = tokenOf(params, context, caller);
      const scopes = params.scopes ?? known.scopes;
      const approved = context.store.devices.get(known.deviceId)?.scopes ?? [];
      if (!coversAll(approved, scopes) || !coversAll(caller.scopes, scopes))
        throw forbidden("a rotation cannot give more scopes");
      const now = Date.now();
      const token = context.tokens.rotate(known, scopes, now);
      const { grant } = caller.connection;
      // The new token goes to the device itself and to nobody else.
      const isOwn = grant?.byDeviceToken === true && grant.deviceId === known.deviceId;
      return {
        deviceId: known.deviceId,
        role: known.role,
        scopes,
        rotatedAtMs: now,
        ...(isOwn ? { token, tokenDelivery: "in-band" } : { tokenDelivery: "withheld-cross-device" }),
      };
    },
  }),
  method({
    name: "device.token.revoke",
    scope: "operator.pairing",
    params: deviceAndRole,
    call(params, context, caller) {
      const known = tokenOf(params, context, caller);
      const now = Date.now();
      context.tokens.revoke(known, now);
      disconnect(known.deviceId, context, "device token revoked");
      return { deviceId: known.deviceId, role: known.role, revokedAtMs: now };
    },
  }),
];

const forbidden = (message: string) => invalid(message, { code: "FORBIDDEN" });

/** Without admin, a connection that came with a device token sees and manages only its own device. */
function manages({ connection, scopes }: Caller, deviceId: string): boolean {
  const { grant } = connection;
  return grant?.byDeviceToken !== true || covers(scopes, "operator.admin") || grant.deviceId === deviceId;
}

function pendingOf(requestId: string, { pairing }: MethodContext, caller: Caller): PairingRequest {
  const request = pairing.pending(Date.now()).find((pending) => pending.requestId === requestId);
  if (request === undefined || !manages(caller, request.deviceId)) throw invalid("unknown requestId");
  return request;
}

function tokenOf(
  wish: { readonly deviceId: string; readonly role: string },
  { store }: MethodContext,
  caller: Caller,
): DeviceToken {
  const known = store.devices.token(wish.deviceId, wish.role);
  if (known === undefined || !manages(caller, wish.deviceId)) throw invalid("unknown deviceId/role");
  if (!coversAll(caller.scopes, known.scopes)) throw forbidden("this token has more scopes than the caller");
  return known;
}

function connectedDevices({ broadcaster }: MethodContext): ReadonlySet<string> {
  return new Set([...broadcaster].flatMap((connection) => connection.grant?.deviceId ?? []));
}

function disconnect(deviceId: string, { broadcaster }: MethodContext, reason: string): void {
  // After the answer: the caller may be the device itself.
  setImmediate(() => {
    for (const connection of broadcaster) {
      if (connection.grant?.deviceId === deviceId) connection.close(1008, reason);
    }
  });
}

function deviceView(device: PairedDevice, tokens: readonly DeviceToken[]): View {
  const { deviceId, publicKey, displayName, platform, deviceFamily, clientId, clientMode, roles, scopes, remoteIp } =
    device;
  return {
    deviceId,
    publicKey,
    ...(displayName === undefined ? {} : { displayName }),
    platform,
    ...(deviceFamily === undefined ? {} : { deviceFamily }),
    clientId,
    clientMode,
    role: roles[0] ?? "operator",
    roles,
    scopes,
    ...(remoteIp === undefined ? {} : { remoteIp }),
    approvedVia: device.approvedVia,
    createdAtMs: device.createdAt,
    approvedAtMs: device.approvedAt,
    lastSeenAtMs: device.lastSeenAt,
    lastSeenReason: "connect",
    tokens: tokens.map((token) => ({
      role: token.role,
      scopes: token.scopes,
      createdAtMs: token.createdAt,
      ...(token.rotatedAt === undefined ? {} : { rotatedAtMs: token.rotatedAt }),
      ...(token.revokedAt === undefined ? {} : { revokedAtMs: token.revokedAt }),
    })),
  };
}
