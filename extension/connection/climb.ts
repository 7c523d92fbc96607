import type { DeviceIdentity, GatewayCredential } from "../../protocol/client/credentials.ts";
import type { GatewaySession } from "../../protocol/client/gateway-session.ts";
import type { GatewayTransport, OpenContext } from "../../protocol/client/transport.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import type { ClientInfo } from "../../protocol/gateway/identity.ts";
import { LadderReporter } from "../../protocol/ladder/steps.ts";
import { connectGateway } from "../../remote/connect.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { GatewayTarget } from "./profile.ts";

/** Where the credential of a climb comes from beside secret storage. */
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
  // What this computer knows is true now; what was saved may be of an earlier Gateway.
  const known = (await sources.local()) ?? (await credentials.load(target));
  try {
    return await attempt(options, context, known ?? {});
  } catch (error) {
    const missing = error instanceof ConnectError && error.code === "CREDENTIAL_MISSING";
    if (!missing || known !== undefined) throw error;
    // A sidecar that this climb has started made its token just now.
    const made = await sources.local();
    if (made !== undefined) return attempt(options, secondSocket(context), made);
    if (!context.interactive) throw error;
  }
  const typed = await sources.ask(context.signal);
  if (typed === undefined) throw new CancelledError();
  const session = await attempt(options, secondSocket(context), typed);
  await credentials.save(target, typed);
  return session;
}

async function attempt(
  { target, transport, credentials, client, identity }: ClimbOptions,
  context: OpenContext,
  credential: GatewayCredential,
): Promise<GatewaySession> {
  const tokens = credentials.deviceTokens(target);
  return connectGateway({ transport, context, client, credential, identity: await identity(), tokens });
}

/** A second socket of one climb uses the SSH connection of the first: what was passed stays passed, with its evidence. */
function secondSocket(context: OpenContext): OpenContext {
  const { ladder } = context;
  const withoutSkips = new LadderReporter((event) => {
    if (event.type === "started") ladder.start(event.step);
    if (event.type === "passed") ladder.pass(event.step, event.evidence);
    if (event.type === "failed") ladder.fail(event.step);
  });
  return { ...context, ladder: withoutSkips };
}
