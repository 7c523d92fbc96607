import type { DeviceToken, PairedDevice } from "../../store/devices.ts";
import type { PairingRequest } from "../../store/pairing-requests.ts";
import { covers, coversAll } from "../auth/scopes.ts";
import { pendingView } from "../gateway-events.ts";
import { list, nonEmpty, object, text } from "../schema.ts";
import { MethodError, invalid } from "../wire.ts";
import { closeSockets, manages } from "./device-sockets.ts";
import { type Caller, type MethodContext, method, missingScope } from "./method.ts";

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
      const surfaces = new Map(context.nodes.pairing().pending.map((view) => [view["nodeId"], view]));
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
            ...(surfaces.has(device.deviceId) ? { pendingNodeSurface: surfaces.get(device.deviceId) } : {}),
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
      // A node does things on somebody's computer: letting one in takes more than letting an operator in.
      if (request.role === "node" && !covers(caller.scopes, "operator.admin"))
        throw new MethodError(missingScope("operator.admin", ["operator.pairing", "operator.admin"]));
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
      const { store, nodes, events } = context;
      if (!manages(caller, deviceId) || store.devices.get(deviceId) === undefined) throw invalid("unknown deviceId");
      if (nodes.get(deviceId) !== undefined) nodes.remove(deviceId);
      store.devices.remove(deviceId);
      events.tell("pairers", "device.pair.changed", {});
      closeSockets({ deviceId }, context);
      return { deviceId };
    },
  }),
  method({
    name: "device.pair.rename",
    scope: "operator.pairing",
    params: object({ deviceId: nonEmpty, label: text({ min: 1, max: 64 }) }, {}),
    call({ deviceId, label: wish }, { store, events }, caller) {
      const device = store.devices.get(deviceId);
      if (device === undefined || !manages(caller, deviceId)) throw invalid("unknown deviceId");
      const label = wish.trim();
      if (label === "") throw invalid("label required");
      store.devices.save({ ...device, label });
      events.tell("pairers", "device.pair.changed", {});
      return { deviceId, label };
    },
  }),
  method({
    name: "device.token.rotate",
    scope: "operator.pairing",
    params: object({ deviceId: nonEmpty, role: nonEmpty }, { scopes: list(nonEmpty) }),
    call(params, context, caller) {
      const known = tokenOf(params, context, caller);
      const scopes = params.scopes ?? known?.scopes ?? [];
      const approved = context.store.devices.get(params.deviceId)?.scopes ?? [];
      // One answer for all of it: who may not rotate a token learns nothing about it, not even whether it is there.
      if (known === undefined || !coversAll(approved, scopes) || !coversAll(caller.scopes, scopes))
        throw invalid("device token rotation denied");
      const now = Date.now();
      const token = context.tokens.rotate(known, scopes, now);
      const { grant } = caller.connection;
      // The new token goes to the device itself and to nobody else.
      const isOwn = grant?.byDeviceToken === true && grant.deviceId === known.deviceId;
      closeSockets(known, context);
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
      if (known === undefined) throw invalid("device token revocation denied");
      const now = Date.now();
      context.tokens.revoke(known, now);
      closeSockets(known, context);
      return { deviceId: known.deviceId, role: known.role, revokedAtMs: now };
    },
  }),
];

const forbidden = (message: string) => invalid(message, { code: "FORBIDDEN" });

function pendingOf(requestId: string, { pairing }: MethodContext, caller: Caller): PairingRequest {
  const request = pairing.pending(Date.now()).find((pending) => pending.requestId === requestId);
  if (request === undefined || !manages(caller, request.deviceId)) throw invalid("unknown requestId");
  return request;
}

/** The token of a device and role, when this caller may do anything with it. */
function tokenOf(
  wish: { readonly deviceId: string; readonly role: string },
  { store }: MethodContext,
  caller: Caller,
): DeviceToken | undefined {
  const known = store.devices.token(wish.deviceId, wish.role);
  return known !== undefined && manages(caller, wish.deviceId) && coversAll(caller.scopes, known.scopes)
    ? known
    : undefined;
}

function connectedDevices({ broadcaster }: MethodContext): ReadonlySet<string> {
  return new Set([...broadcaster].flatMap((connection) => connection.grant?.deviceId ?? []));
}

function deviceView(device: PairedDevice, tokens: readonly DeviceToken[]): View {
  const { deviceId, publicKey, displayName, platform, deviceFamily, clientId, clientMode, roles, scopes, remoteIp } =
    device;
  return {
    deviceId,
    publicKey,
    ...(displayName === undefined ? {} : { displayName }),
    ...(device.label === undefined ? {} : { operatorLabel: device.label }),
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
