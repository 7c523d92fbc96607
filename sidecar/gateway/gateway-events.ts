import type { RunSink, SessionChangeNote } from "../agent/run-sink.ts";
import { AGENT_ID } from "../agent/agent-id.ts";
import type { PairingRequest } from "../store/pairing-requests.ts";
import type { SessionStore } from "../store/sessions.ts";
import type { StoredMessage } from "../store/transcripts.ts";
import type { Broadcaster } from "./broadcast.ts";
import type { Connection } from "./connection.ts";
import type { Health } from "./health.ts";
import type { Presence } from "./presence.ts";
import { type SessionViews, messageView } from "./views.ts";

type Payload = Readonly<Record<string, unknown>>;

/** Every event that the Gateway sends; told to clients in hello-ok. */
export const EVENT_NAMES = [
  "connect.challenge",
  "agent",
  "chat",
  "session.message",
  "sessions.changed",
  "presence",
  "tick",
  "shutdown",
  "health",
  "device.pair.requested",
  "device.pair.resolved",
  "device.pair.changed",
  "node.pair.requested",
  "node.pair.resolved",
  "node.hostStats",
  "node.invoke.request",
  "node.invoke.cancel",
  "exec.approval.requested",
  "exec.approval.resolved",
  "voicewake.changed",
  "config.changed",
] as const;
type EventName = (typeof EVENT_NAMES)[number];

/** Who is told: those who may read, those who may let others in, those who decide about commands. */
type Audience = "readers" | "pairers" | "approvers";

const AUDIENCES: Readonly<Record<Audience, (client: Connection) => boolean>> = {
  readers: (client) => client.canRead,
  pairers: (client) => client.canPair,
  approvers: (client) => client.decidesApprovals,
};

/** What presence may cost: bytes a millisecond over all sockets. With many clients it comes less often. */
const PRESENCE_BYTES_PER_MS = 20_000;
const PRESENCE_MIN_MS = 50;
const PRESENCE_MAX_MS = 5_000;

/** Who gets which event. */
export class GatewayEvents implements RunSink {
  readonly #broadcaster: Broadcaster;
  readonly #sessions: SessionStore;
  readonly #health: Health;
  readonly #presence: Presence;
  #views: SessionViews | undefined;
  #presenceTimer: NodeJS.Timeout | undefined;
  #lastPresenceMs = PRESENCE_MIN_MS;

  constructor(parts: { broadcaster: Broadcaster; sessions: SessionStore; health: Health; presence: Presence }) {
    this.#broadcaster = parts.broadcaster;
    this.#sessions = parts.sessions;
    this.#health = parts.health;
    this.#presence = parts.presence;
  }

  /** The views know the running runs, which report here: the circle is closed once, at the start. */
  setViews(views: SessionViews): void {
    this.#views = views;
  }

  #stateVersion() {
    return { presence: this.#presence.version, health: this.#health.version };
  }

  chat(sessionKey: string, payload: Payload): void {
    this.#broadcaster.publish("chat", payload, { to: (client) => hears(client, sessionKey) });
  }

  agent(sessionKey: string, payload: Payload): void {
    const isTool = payload["stream"] === "tool";
    this.#broadcaster.publish("agent", payload, {
      to: (client) => hears(client, sessionKey) && (!isTool || client.wantsToolEvents),
    });
  }

  message(sessionKey: string, message: StoredMessage): void {
    this.#health.invalidate();
    const to = (client: Connection): boolean => client.canRead && client.messageKeys?.has(sessionKey) === true;
    const payload = {
      sessionKey,
      agentId: AGENT_ID,
      message: messageView(message),
      messageId: message.id,
      messageSeq: message.seq,
      ...(message.runId === undefined ? {} : { runId: message.runId }),
      ...this.#receipt(sessionKey),
    };
    this.#broadcaster.publish("session.message", payload, { to });
  }

  changed(sessionKey: string, note: SessionChangeNote): void {
    this.#health.invalidate();
    const payload = { sessionKey, agentId: AGENT_ID, ...note, ts: Date.now(), ...this.#receipt(sessionKey) };
    this.#broadcaster.publish("sessions.changed", payload, { to: (client) => client.canRead && client.wantsSessions });
  }

  /** A session is gone; `sessionId` says which generation of its key. */
  deleted(sessionKey: string, sessionId: string): void {
    this.#health.invalidate();
    const payload = { sessionKey, agentId: AGENT_ID, reason: "delete", sessionId, ts: Date.now() };
    this.#broadcaster.publish("sessions.changed", payload, { to: (client) => client.canRead && client.wantsSessions });
  }

  #receipt(sessionKey: string): Payload {
    const session = this.#sessions.get(sessionKey);
    return session === undefined ? {} : (this.#views?.receipt(session, Date.now()) ?? {});
  }

  /** Somebody came or went. Said once for many, and less often the more it costs. */
  presenceChanged(): void {
    this.#presenceTimer ??= setTimeout(() => {
      this.#presenceTimer = undefined;
      const payload = { presence: this.#presence.list(Date.now()) };
      const cost = (JSON.stringify(payload).length * this.#broadcaster.size) / PRESENCE_BYTES_PER_MS;
      this.#lastPresenceMs = Math.min(PRESENCE_MAX_MS, Math.max(PRESENCE_MIN_MS, cost));
      this.#broadcaster.publish("presence", payload, {
        to: (client) => client.canRead,
        stateVersion: this.#stateVersion(),
      });
    }, this.#lastPresenceMs).unref();
  }

  healthChanged(): void {
    if (this.#broadcaster.size === 0) return;
    const payload = this.#health.payload();
    this.#broadcaster.publish("health", payload, {
      to: (client) => client.canRead,
      stateVersion: this.#stateVersion(),
    });
  }

  /** Says something to all of one kind but `except`. @returns how many heard it */
  tell(audience: Audience, event: EventName, payload: unknown, except?: string): number {
    const isOne = AUDIENCES[audience];
    return this.#broadcaster.publish(event, payload, { to: (client) => client.id !== except && isOne(client) });
  }

  /** The wake words are for everyone who may read, and for every node. */
  voiceWakeChanged(triggers: readonly string[]): void {
    const payload = { triggers };
    this.tell("readers", "voicewake.changed", payload);
    for (const client of this.#broadcaster) if (client.isNode) client.tell("voicewake.changed", payload);
  }

  tick(): void {
    this.#broadcaster.publish("tick", { ts: Date.now() }, { to: () => true });
  }

  shutdown(reason: string): void {
    this.#broadcaster.publish("shutdown", { reason }, { to: () => true });
  }

  pairingRequested(request: PairingRequest): void {
    this.tell("pairers", "device.pair.requested", pendingView(request));
  }

  pairingResolved(resolved: {
    readonly requestId: string;
    readonly deviceId: string;
    readonly decision: string;
  }): void {
    this.tell("pairers", "device.pair.resolved", { ...resolved, ts: Date.now() });
  }

  dispose(): void {
    clearTimeout(this.#presenceTimer);
  }
}

function hears(client: Connection, sessionKey: string): boolean {
  return client.canRead && (!client.isSessionScoped || client.messageKeys?.has(sessionKey) === true);
}

/** A pending request as `device.pair.list` and its event show it. */
export function pendingView(request: PairingRequest): Payload {
  const {
    requestId,
    deviceId,
    publicKey,
    displayName,
    platform,
    deviceFamily,
    clientId,
    clientMode,
    role,
    scopes,
    remoteIp,
  } = request;
  return {
    requestId,
    deviceId,
    publicKey,
    ...(displayName === undefined ? {} : { displayName }),
    platform,
    ...(deviceFamily === undefined ? {} : { deviceFamily }),
    clientId,
    clientMode,
    role,
    roles: [role],
    scopes,
    ...(remoteIp === undefined ? {} : { remoteIp }),
    silent: false,
    isRepair: request.isRepair,
    ts: request.createdAt,
  };
}
