/**
 * Who we say we are. `client.id` and `client.mode` are closed lists in the Gateway (gateway-protocol `client-info`).
 */
export interface ClientInfo {
  readonly id: "gateway-client" | "cli" | "node-host";
  readonly mode: "ui" | "cli" | "node" | "backend" | "probe";
  readonly version: string;
  readonly platform: string;
  readonly displayName?: string;
  readonly deviceFamily?: string;
  /** Names one connection in the Gateway's presence list. */
  readonly instanceId?: string;
}

/** Everything that the product's views and commands need. */
export const OPERATOR_SCOPES = [
  "operator.read",
  "operator.write",
  "operator.admin",
  "operator.approvals",
  "operator.pairing",
] as const;

/** Without these a Gateway sends no live tool steps and no approvals, and says nothing about it. */
export const OPERATOR_CAPS = ["tool-events", "approvals"] as const;
