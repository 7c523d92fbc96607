import type { DeviceIdentity, DeviceTokenStore, GatewayCredential } from "../protocol/client/credentials.ts";
import { type GatewaySession, openGatewaySession } from "../protocol/client/gateway-session.ts";
import type { GatewayTransport, OpenContext } from "../protocol/client/transport.ts";
import { CancelledError, ConnectError } from "../protocol/errors/connect-error.ts";
import { type ClientInfo, OPERATOR_CAPS, OPERATOR_SCOPES } from "../protocol/gateway/identity.ts";
import { mayRetryWithDeviceToken } from "./device-token-retry.ts";
import { climbing } from "./transport/climbing.ts";
import { secondSocket } from "./transport/second-socket.ts";

export interface ConnectGatewayOptions {
  readonly transport: GatewayTransport;
  readonly context: OpenContext;
  readonly client: ClientInfo;
  readonly credential: GatewayCredential;
  /** Null: no device is named, and nothing is paired. */
  readonly identity: DeviceIdentity | null;
  readonly tokens: DeviceTokenStore | null;
  /** Default: an operator with everything that the product needs. */
  readonly role?: "operator" | "node";
  readonly scopes?: readonly string[];
  readonly caps?: readonly string[];
  readonly requestTimeoutMs?: number;
}

const HEALTH_TIMEOUT_MS = 10_000;

/**
 * Climbs the whole ladder: the road, the handshake, and the Gateway's own health. Only then is a connection called one.
 * @throws ConnectError, marked on its rung; CancelledError. Nothing is left open but what the transport keeps.
 */
export function connectGateway(options: ConnectGatewayOptions): Promise<GatewaySession> {
  return climbing(options.context, async () => {
    const { ladder, signal } = options.context;
    const session = await openSession(options);
    if (options.role === "node") {
      // A node may not ask for it.
      ladder.skip("health");
      return session;
    }
    ladder.start("health");
    try {
      const startedAt = performance.now();
      await session.request("health", {}, { timeoutMs: HEALTH_TIMEOUT_MS, signal });
      ladder.pass("health", `${Math.max(1, Math.round(performance.now() - startedAt))} ms`);
      return session;
    } catch (error) {
      session.close();
      if (signal.aborted) throw new CancelledError();
      if (error instanceof ConnectError) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      throw new ConnectError("HEALTH_FAILED", `The Gateway let us in, but gives no health: ${detail}.`, {
        step: "health",
        facts: [{ label: "detail", value: detail }],
        cause: error,
      });
    }
  });
}

/** At most two attempts: when the shared token is refused, the device's own may be due. */
async function openSession(options: ConnectGatewayOptions): Promise<GatewaySession> {
  const { context, transport, role = "operator" } = options;
  try {
    return await shakeHands(options);
  } catch (error) {
    const isProven = transport.isProven === true;
    if (context.signal.aborted || !(await mayRetryWithDeviceToken(error, { ...options, role, isProven }))) throw error;
    try {
      return await shakeHands({ ...options, credential: {}, context: secondSocket(context) });
    } catch (second) {
      // It is the shared token that a person can put right.
      throw second instanceof ConnectError && second.code === "CREDENTIAL_WRONG" ? error : second;
    }
  }
}

async function shakeHands(options: ConnectGatewayOptions): Promise<GatewaySession> {
  const { context, transport, client, credential, identity, tokens, requestTimeoutMs } = options;
  return openGatewaySession({
    socket: await transport.open(context),
    client,
    role: options.role ?? "operator",
    scopes: options.scopes ?? OPERATOR_SCOPES,
    caps: options.caps ?? OPERATOR_CAPS,
    credential,
    identity,
    tokens,
    ladder: context.ladder,
    signal: context.signal,
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  });
}
