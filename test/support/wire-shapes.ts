/**
 * What the checks read of payloads, as the recorded frames of a real Gateway have it. These types only steer the reader:
 * nothing is parsed, so a field that a Gateway leaves out shows up in an expectation.
 */
export interface Challenge {
  readonly nonce: string;
  readonly ts: number;
}

export interface Hello {
  readonly type: string;
  readonly protocol: number;
  readonly server: { readonly version: string; readonly connId: string; readonly bootId: string };
  readonly features: { readonly methods: readonly string[]; readonly events: readonly string[] };
  readonly snapshot: {
    readonly presence: readonly PresenceEntry[];
    readonly health: { readonly ok: boolean };
    readonly stateVersion: { readonly presence: number; readonly health: number };
    readonly uptimeMs: number;
    readonly sessionDefaults: unknown;
    readonly authMode: string;
  };
  readonly policy: { readonly tickIntervalMs: number; readonly maxPayload: number };
  readonly auth: {
    readonly method: string;
    readonly role: string;
    readonly scopes: readonly string[];
    readonly deviceToken: string;
    readonly issuedAtMs: number;
  };
}

export interface PresenceEntry {
  readonly deviceId?: string;
  readonly instanceId?: string;
  readonly reason: string;
  readonly ts: number;
}

export interface PresencePayload {
  readonly presence: readonly PresenceEntry[];
}

/** A transcript row, and the message of a `chat` event. */
export interface Message {
  readonly role: string;
  readonly content: string | readonly { readonly text?: string }[];
  readonly usage?: { readonly totalTokens: number };
  readonly __openclaw: { readonly id: string; readonly seq: number };
}

export interface ChatPayload {
  readonly runId: string;
  readonly sessionKey: string;
  readonly seq: number;
  readonly state: "status" | "delta" | "final" | "aborted" | "error";
  readonly deltaText: string;
  readonly message: Message;
}

export interface AgentPayload {
  readonly runId: string;
  readonly stream: string;
  readonly data: { readonly phase: string; readonly text: string; readonly delta: string };
}

export interface SessionMessagePayload {
  readonly sessionKey: string;
  readonly messageId: string;
  readonly message: Message;
}

export interface SessionRow {
  readonly key: string;
  readonly sessionId: string;
  readonly updatedAt: number;
}

export interface SessionList {
  readonly count: number;
  readonly sessions: readonly SessionRow[];
  readonly defaults: unknown;
}

export interface HistoryPage {
  readonly messages: readonly Message[];
  readonly nextOffset?: number;
  readonly totalMessages: number;
  readonly inFlightRun?: { readonly runId: string; readonly text: string };
  readonly sessionInfo: { readonly hasActiveRun: boolean };
  readonly defaults: unknown;
}
