import { isRecord } from "../json.ts";
import { type Schema, anything, integer, list, nonEmpty, object, oneOf, text } from "./schema.ts";

/** The wire version that we speak; `docs/gateway/protocol/versioning.md` of OpenClaw 2026.9.6. */
export const PROTOCOL_VERSION = 4;

/** `error` of a response frame. */
export interface ErrorShape {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
}

/** Thrown by a method; becomes the `error` of its response. Nothing else that is thrown reaches a client. */
export class MethodError extends Error {
  override readonly name = "MethodError";
  readonly shape: ErrorShape;
  /** What the response carries beside its error, for the few that do. */
  readonly payload: unknown;

  constructor(shape: ErrorShape, payload?: unknown) {
    super(shape.message);
    this.shape = shape;
    this.payload = payload;
  }
}

/** The client asked for something that cannot be: its own fault, and asking again will not help. */
export function invalid(message: string, details?: Readonly<Record<string, unknown>>): MethodError {
  return new MethodError({ code: "INVALID_REQUEST", message, ...(details === undefined ? {} : { details }) });
}

/** Not now. `retryAfterMs` is what a well-behaved client waits. */
export function unavailable(message: string, retryAfterMs = 1000): MethodError {
  return new MethodError({ code: "UNAVAILABLE", message, retryable: true, retryAfterMs });
}

export interface RequestFrame {
  readonly id: string;
  readonly method: string;
  readonly params: unknown;
}

const requestFrame = object(
  { type: oneOf(["req"]), id: nonEmpty, method: nonEmpty },
  { params: anything, traceparent: text({ max: 128 }), expectedProfileId: text({ min: 1, max: 128 }) },
);

/** What arrived: a request, something that is not one (with the id to answer to), or not even JSON. */
export type Incoming =
  | { readonly kind: "request"; readonly frame: RequestFrame }
  | { readonly kind: "malformed"; readonly id: string; readonly problem: string; readonly isRequest: boolean }
  | { readonly kind: "noise" };

/** Reads one text frame. Never throws. */
export function readFrame(data: string): Incoming {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return { kind: "noise" };
  }
  const problem = requestFrame.problem(value, "");
  if (!isRecord(value))
    return { kind: "malformed", id: "invalid", problem: problem ?? "must be object", isRequest: false };
  const { id, method } = value;
  if (problem === undefined && typeof id === "string" && typeof method === "string") {
    return { kind: "request", frame: { id, method, params: value["params"] } };
  }
  return {
    kind: "malformed",
    id: typeof id === "string" ? id : "invalid",
    problem: problem ?? "must be object",
    isRequest: value["type"] === "req",
  };
}

export function okFrame(id: string, payload: unknown): string {
  return `{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${JSON.stringify(payload) ?? "null"}}`;
}

/** As `okFrame`, for a payload that is already JSON text. */
export function okFrameOf(id: string, payloadJson: string): string {
  return `{"type":"res","id":${JSON.stringify(id)},"ok":true,"payload":${payloadJson}}`;
}

export function errorFrame(id: string, error: ErrorShape, payload?: unknown): string {
  return JSON.stringify({ type: "res", id, ok: false, ...(payload === undefined ? {} : { payload }), error });
}

/** Closed lists of the real Gateway: an unknown value is refused in the handshake. */
const CLIENT_IDS = [
  "webchat-ui",
  "openclaw-control-ui",
  "openclaw-browser-copilot",
  "openclaw-tui",
  "webchat",
  "cli",
  "gateway-client",
  "openclaw-macos",
  "openclaw-linux",
  "openclaw-ios",
  "openclaw-watchos",
  "openclaw-android",
  "node-host",
  "openclaw-worker",
  "test",
  "fingerprint",
  "openclaw-probe",
] as const;
const CLIENT_MODES = ["webchat", "cli", "ui", "backend", "node", "worker", "probe", "test"] as const;

const clientInfo = object(
  { id: oneOf(CLIENT_IDS), version: nonEmpty, platform: nonEmpty, mode: oneOf(CLIENT_MODES) },
  {
    displayName: nonEmpty,
    buildId: text({ min: 1, max: 96 }),
    deviceFamily: nonEmpty,
    modelIdentifier: nonEmpty,
    timeZone: text({ min: 1, max: 64 }),
    instanceId: nonEmpty,
  },
);
const deviceProof = object(
  { id: nonEmpty, publicKey: nonEmpty, signature: nonEmpty, signedAt: integer({ min: 0 }), nonce: text() },
  {},
);
const credentials = object(
  {},
  {
    token: text(),
    bootstrapToken: text(),
    deviceToken: text(),
    password: text(),
    approvalRuntimeToken: text(),
    agentRuntimeIdentityToken: text(),
  },
);

export type ClientInfo = typeof clientInfo extends Schema<infer T> ? T : never;
export type DeviceProof = typeof deviceProof extends Schema<infer T> ? T : never;
export type Credentials = typeof credentials extends Schema<infer T> ? T : never;

/** Parameters of `connect` (schema `ConnectParams`, plus what 2026.9.6 takes beyond it). */
export const connectParams = object(
  { minProtocol: integer({ min: 1 }), maxProtocol: integer({ min: 1 }), client: clientInfo },
  {
    caps: list(nonEmpty, { max: 64 }),
    commands: list(nonEmpty, { max: 512 }),
    computerUse: anything,
    workerRuns: anything,
    permissions: anything,
    pathEnv: text(),
    role: nonEmpty,
    scopes: list(nonEmpty, { max: 64 }),
    device: deviceProof,
    auth: credentials,
    locale: text(),
    userAgent: text(),
  },
);
export type ConnectParams = typeof connectParams extends Schema<infer T> ? T : never;
