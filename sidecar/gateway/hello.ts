import type { Verdict } from "./handshake.ts";
import type { Connection } from "./connection.ts";
import type { GatewayLimits } from "./limits.ts";
import { covers } from "./auth/scopes.ts";
import { EVENT_NAMES } from "./gateway-events.ts";
import { AGENT_ID, MAIN_SESSION_KEY } from "../agent/agent-id.ts";
import type { MethodContext } from "./methods/method.ts";
import { PROTOCOL_VERSION } from "./wire.ts";

/** Ceilings of attachments that are told to clients although none are taken yet: the schema wants them positive. */
const ATTACHMENTS = { maxBytes: 20 * 1024 * 1024, maxImageBytes: 6 * 1024 * 1024 } as const;

/** The payload of `hello-ok`: who we are, what we can do, how things stand, and what this client may. */
export function helloOk(
  connection: Connection,
  verdict: Extract<Verdict, { ok: true }>,
  parts: { context: MethodContext; methods: readonly string[]; limits: GatewayLimits; authMode: string },
): Readonly<Record<string, unknown>> {
  const { context, limits } = parts;
  const { about, presence, health, catalog } = context;
  const { grant, issued } = verdict;
  const now = Date.now();
  const isAdmin = covers(grant.scopes, "operator.admin");
  return {
    type: "hello-ok",
    protocol: PROTOCOL_VERSION,
    server: {
      version: about.version,
      buildId: `openclaw-sidecar-${about.version}`,
      bootId: about.bootId,
      connId: connection.id,
    },
    features: { methods: parts.methods, events: EVENT_NAMES, capabilities: [] },
    snapshot: {
      suspension: { phase: "accepting" },
      presence: connection.canRead ? presence.list(now) : [],
      health: health.payload(),
      stateVersion: { presence: presence.version, health: health.version },
      uptimeMs: now - about.startedAt,
      sessionDefaults: {
        defaultAgentId: AGENT_ID,
        modelConfigured: catalog.primary() !== undefined,
        ownership: "sole",
        selectionRequired: false,
        mainKey: "main",
        mainSessionKey: MAIN_SESSION_KEY,
        scope: "per-sender",
      },
      // Paths of this host are for those who could read them anyway.
      ...(isAdmin ? { configPath: about.configPath, stateDir: about.stateDir, authMode: parts.authMode } : {}),
    },
    auth: {
      method: verdict.method,
      role: grant.role,
      scopes: grant.scopes,
      ...(issued === undefined ? {} : { deviceToken: issued.token, issuedAtMs: issued.issuedAt }),
    },
    policy: {
      maxPayload: limits.maxPayload,
      maxBufferedBytes: limits.maxBufferedBytes,
      tickIntervalMs: limits.tickIntervalMs,
      attachments: ATTACHMENTS,
      allowedSessionVisibilities: ["shared"],
      hasMultipleSessionSharingIdentities: false,
    },
  };
}
