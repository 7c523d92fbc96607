import type { DeviceIdentity, GatewayCredential } from "../../protocol/client/credentials.ts";
import { type GatewaySession, openGatewaySession } from "../../protocol/client/gateway-session.ts";
import type { GatewayTransport, OpenContext } from "../../protocol/client/transport.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import { type ClientInfo, OPERATOR_CAPS, OPERATOR_SCOPES } from "../../protocol/gateway/identity.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { GatewayTarget } from "./profile.ts";

/** Where the credential of a climb comes from when secret storage has none. */
export interface CredentialSources {
  /** What this computer itself knows of the Gateway (the sidecar's token file); never asks. */
  readonly local: () => Promise<GatewayCredential | undefined>;
  /** Asks a person; `undefined` when they cancelled. */
  readonly ask: (signal: AbortSignal) => Promise<GatewayCredential | undefined>;
}

export interface ClimbOptions {
  readonly target: GatewayTarget;
  readonly transport: GatewayTransport;
  readonly credentials: CredentialStore;
  readonly sources: CredentialSources;
  readonly identity: () => Promise<DeviceIdentity>;
  readonly client: ClientInfo;
}

/**
 * One climb: the way to the Gateway, the handshake, and the credential. A person is asked at most once in a climb, and only
 * when the Gateway wants a credential that nobody has; what they type is kept after it was accepted, not before.
 * Rejects with `ConnectError` or `CancelledError`.
 */
export async function climb(options: ClimbOptions, context: OpenContext): Promise<GatewaySession> {
  const { target, credentials, sources } = options;
  const known = (await credentials.load(target)) ?? (await sources.local());
  try {
    return await attempt(options, context, known ?? {});
  } catch (error) {
    const missing = error instanceof ConnectError && error.code === "CREDENTIAL_MISSING";
    if (!missing || !context.interactive || known !== undefined) throw error;
  }
  const typed = await sources.ask(context.signal);
  if (typed === undefined) throw new CancelledError();
  const session = await attempt(options, context, typed);
  await credentials.save(target, typed);
  return session;
}

async function attempt(
  options: ClimbOptions,
  context: OpenContext,
  credential: GatewayCredential,
): Promise<GatewaySession> {
  const { target, transport, credentials, client } = options;
  const identity = await options.identity();
  const socket = await transport.open(context);
  const session = await openGatewaySession({
    socket,
    client,
    role: "operator",
    scopes: OPERATOR_SCOPES,
    caps: OPERATOR_CAPS,
    credential,
    identity,
    tokens: credentials.deviceTokens(target),
    ladder: context.ladder,
    signal: context.signal,
  });
  try {
    await readHealth(session, context);
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

/** The last rung: a Gateway that lets us in but cannot answer is not connected. */
async function readHealth(session: GatewaySession, { ladder, signal }: OpenContext): Promise<void> {
  ladder.start("health");
  try {
    await session.request("health", {}, { signal });
    ladder.pass("health");
  } catch (error) {
    if (error instanceof CancelledError || error instanceof ConnectError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new ConnectError("HEALTH_FAILED", `The Gateway let us in but did not answer health: ${message}`, {
      step: "health",
      facts: [{ label: "detail", value: message }],
      cause: error,
    });
  }
}
