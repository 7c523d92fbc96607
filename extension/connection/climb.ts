import type { DeviceIdentity, GatewayCredential } from "../../protocol/client/credentials.ts";
import type { GatewaySession } from "../../protocol/client/gateway-session.ts";
import { readPairingRefusal } from "../../protocol/client/pairing-refusal.ts";
import type { GatewayTransport, OpenContext } from "../../protocol/client/transport.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import type { ClientInfo } from "../../protocol/gateway/identity.ts";
import { connectGateway } from "../../remote/connect.ts";
import { DEFAULT_GATEWAY_PORT } from "../../remote/transport/find-gateway.ts";
import { secondSocket } from "../../remote/transport/second-socket.ts";
import { type ApprovalBoard, awaitApproval } from "../onboarding/await-approval.ts";
import type { HostActivity, HostOnboarding } from "../onboarding/host-onboarding.ts";
import type { CredentialStore } from "./credential-store.ts";
import type { GatewayTarget } from "./profile.ts";

/** Where the credential of a climb comes from beside secret storage. */
export interface CredentialSources {
  /** What this computer itself knows of the Gateway (the sidecar's token file); never asks. */
  readonly local: () => Promise<GatewayCredential | undefined>;
  /** Asks a person; `undefined` when they cancelled. `why` is what was wrong with reading it on the host. */
  readonly ask: (signal: AbortSignal, why?: ConnectError) => Promise<GatewayCredential | undefined>;
}

/** What a person may be helped with on the way. A climb without it only climbs. */
export interface ClimbHelp {
  /** Where it is shown that an approval is waited for. */
  readonly board: ApprovalBoard;
  /** On a road over SSH, and where this extension runs on the host itself. */
  readonly host: HostOnboarding | undefined;
  /** What stands beside the rung while something is done on the host. */
  readonly activity: (what: HostActivity) => string;
}

export interface ClimbOptions {
  readonly target: GatewayTarget;
  readonly transport: GatewayTransport;
  readonly credentials: CredentialStore;
  readonly sources: CredentialSources;
  readonly identity: () => Promise<DeviceIdentity>;
  readonly client: ClientInfo;
  readonly help: ClimbHelp | undefined;
}

interface Attempt {
  readonly credential: GatewayCredential;
  /** Where it came from. Only what is new is saved, and only after it was accepted. */
  readonly from: "nowhere" | "known" | "new";
  readonly context: OpenContext;
}

/**
 * One climb: the way to the Gateway, the handshake, the credential, the approval. With a person there, each thing that is
 * missing is offered once: a Gateway on the host, its credential (read there, or typed), the approval of this device. What
 * was typed or read is kept after it was accepted, not before.
 * Rejects with `ConnectError` or `CancelledError`.
 */
export async function climb(options: ClimbOptions, context: OpenContext): Promise<GatewaySession> {
  const { target, credentials, sources } = options;
  // What this computer knows is true now; what was saved may be of an earlier Gateway.
  const known = (await sources.local()) ?? (await credentials.load(target));
  const offered = new Set<string>();
  let next: Attempt = { credential: known ?? {}, from: known === undefined ? "nowhere" : "known", context };
  for (;;) {
    const now = next;
    try {
      const session = await attemptOrWait(options, now);
      if (now.from === "new") await credentials.save(target, now.credential);
      return session;
    } catch (error) {
      if (!(error instanceof ConnectError) || offered.has(error.code)) throw error;
      offered.add(error.code);
      const mended = await mend(error, now, options);
      if (mended === undefined) throw error;
      next = { ...mended, context: secondSocket(context) };
    }
  }
}

type Mended = Pick<Attempt, "credential" | "from">;

/** What to try next, when there is something; `undefined` leaves the error as the answer. */
async function mend(error: ConnectError, now: Attempt, options: ClimbOptions): Promise<Mended | undefined> {
  const { from, context } = now;
  const { code } = error;
  if (code === "GATEWAY_NOT_RUNNING") return offerGateway(error, now, options);
  if (code !== "CREDENTIAL_MISSING" && code !== "CREDENTIAL_WRONG") return undefined;
  // One that was read or typed a moment ago and is wrong is the person's to look at; nothing is tried in a circle.
  if (from === "new") return undefined;
  if (from === "nowhere") {
    // A sidecar that this climb has started made its token just now.
    const made = await options.sources.local();
    return made === undefined ? askCredential(context, options) : { credential: made, from: "known" };
  }
  if (options.help?.host === undefined) return undefined;
  return askCredential(context, options).catch((cancelled: unknown) => {
    if (cancelled instanceof CancelledError && !context.signal.aborted) return undefined;
    throw cancelled;
  });
}

async function offerGateway(
  error: ConnectError,
  { context: { interactive, signal, ladder }, ...before }: Attempt,
  { help }: ClimbOptions,
): Promise<Mended | undefined> {
  if (!interactive || help?.host === undefined) return undefined;
  const port = Number(error.facts.find(({ label }) => label === "port")?.value ?? DEFAULT_GATEWAY_PORT);
  const doing = (what: HostActivity): void => ladder.start("find-gateway", help.activity(what));
  const credential = await help.host.startGateway({ port, signal, doing });
  if (credential === undefined) return undefined;
  return Object.keys(credential).length === 0 ? before : { credential, from: "new" };
}

/** Reads it on the host when that is a way and the person wants it, else has it typed. @throws CancelledError */
async function askCredential(
  { interactive, signal, ladder }: OpenContext,
  { sources, help }: ClimbOptions,
): Promise<Mended | undefined> {
  if (!interactive) return undefined;
  ladder.start("credential");
  const answer = await help?.host?.readCredential(signal);
  if (answer?.kind === "cancelled") throw new CancelledError();
  if (answer?.kind === "found") return { credential: answer.credential, from: "new" };
  const typed = await sources.ask(signal, answer?.why);
  if (typed === undefined) throw new CancelledError();
  return { credential: typed, from: "new" };
}

/** With a person there, a device that is not approved yet waits for it and goes on. */
async function attemptOrWait(options: ClimbOptions, { credential, context }: Attempt): Promise<GatewaySession> {
  const { help, identity, client } = options;
  try {
    return await attempt(options, context, credential);
  } catch (error) {
    const refusal = context.interactive ? readPairingRefusal(error) : undefined;
    if (refusal === undefined || help === undefined) throw error;
    const { host, board } = help;
    const approve = host?.approve?.bind(host);
    const { deviceId } = await identity();
    return awaitApproval({
      refusal,
      device: `${client.displayName ?? client.id}, ${deviceId.slice(0, 8)}`,
      context: secondSocket(context),
      board,
      attempt: (next) => attempt(options, next, credential),
      approve: approve && ((request, stop) => approve(request, { deviceId, credential, signal: stop })),
    });
  }
}

async function attempt(
  { target, transport, credentials, client, identity }: ClimbOptions,
  context: OpenContext,
  credential: GatewayCredential,
): Promise<GatewaySession> {
  const tokens = credentials.deviceTokens(target);
  return connectGateway({ transport, context, client, credential, identity: await identity(), tokens });
}
