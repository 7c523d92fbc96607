import { asNumber, asObject, asString, asStrings } from "./json.ts";

/** `hello-ok`, read tolerantly: what the product uses, with the defaults of the protocol where a Gateway says nothing. */
export interface Hello {
  readonly protocol: number;
  readonly version: string;
  readonly connId: string;
  /** Changes with every start of the Gateway process. */
  readonly bootId: string;
  readonly methods: readonly string[];
  readonly events: readonly string[];
  readonly role: string;
  readonly scopes: readonly string[];
  readonly authMethod: string;
  readonly tickIntervalMs: number;
  /** Bytes a frame may have. */
  readonly maxPayload: number;
  readonly uptimeMs: number;
  readonly mainSessionKey: string;
  readonly modelConfigured: boolean | undefined;
  readonly stateDir: string | undefined;
  /** The health payload at the moment of the hello. */
  readonly health: unknown;
}

/** @returns `undefined` when the payload is no `hello-ok` at all */
export function readHello(payload: unknown): Hello | undefined {
  const hello = asObject(payload);
  const protocol = asNumber(hello["protocol"]);
  if (hello["type"] !== "hello-ok" || protocol === undefined) return undefined;
  const server = asObject(hello["server"]);
  const features = asObject(hello["features"]);
  const auth = asObject(hello["auth"]);
  const policy = asObject(hello["policy"]);
  const snapshot = asObject(hello["snapshot"]);
  const sessions = asObject(snapshot["sessionDefaults"]);
  return {
    protocol,
    version: asString(server["version"]) ?? "?",
    connId: asString(server["connId"]) ?? "",
    bootId: asString(server["bootId"]) ?? "",
    methods: asStrings(features["methods"]),
    events: asStrings(features["events"]),
    role: asString(auth["role"]) ?? "operator",
    scopes: asStrings(auth["scopes"]),
    authMethod: asString(auth["method"]) ?? asString(snapshot["authMode"]) ?? "",
    tickIntervalMs: asNumber(policy["tickIntervalMs"]) ?? 30_000,
    maxPayload: asNumber(policy["maxPayload"]) ?? 25 * 1024 * 1024,
    uptimeMs: asNumber(snapshot["uptimeMs"]) ?? 0,
    mainSessionKey: asString(sessions["mainSessionKey"]) ?? "agent:main:main",
    modelConfigured: typeof sessions["modelConfigured"] === "boolean" ? sessions["modelConfigured"] : undefined,
    stateDir: asString(snapshot["stateDir"]),
    health: snapshot["health"],
  };
}
