import type { LadderStep } from "../ladder/steps.ts";

/** What a button on a failure card does. */
export type ErrorAction =
  | "retry"
  | "edit-target"
  | "open-known-hosts"
  | "open-ssh-config"
  | "enter-credential"
  | "start-sidecar"
  | "show-log"
  | "copy-command"
  | "repin-certificate"
  | "edge-headers"
  | "open-proxy-settings";

export interface ErrorEntry {
  /** The rung that it belongs to when the thrower did not say. */
  readonly step: LadderStep;
  /**
   * What the reconnect loop does. `stop` until a person acts: authentication, trust, wrong server, where trying again
   * cannot help and can lock out. `retry` with backoff once a connection has been there; a first connect fails at once.
   * `wait` retries even a first connect, because the Gateway itself asked for patience.
   */
  readonly policy: "retry" | "wait" | "stop";
  /** At most two. */
  readonly actions: readonly ErrorAction[];
}

const entry = (step: LadderStep, policy: ErrorEntry["policy"], ...actions: ErrorAction[]): ErrorEntry => ({
  step,
  policy,
  actions,
});

/**
 * The closed list of what can go wrong on the way to a Gateway. The words stand in `protocol/l10n` under
 * `error.CODE.{title,why,remedy}`; a test keeps both lists equal.
 */
export const ERRORS = {
  TARGET_INVALID: entry("resolve", "stop", "edit-target"),
  SSH_CONFIG_INVALID: entry("resolve", "stop", "open-ssh-config"),
  SSH_CLIENT_MISSING: entry("resolve", "stop", "retry"),
  DNS_FAILED: entry("resolve", "retry", "retry", "edit-target"),
  TCP_REFUSED: entry("tcp", "retry", "retry", "edit-target"),
  TCP_TIMEOUT: entry("tcp", "retry", "retry", "edit-target"),
  TCP_UNREACHABLE: entry("tcp", "retry", "retry", "edit-target"),
  PROXY_UNSUPPORTED: entry("resolve", "stop", "open-proxy-settings", "retry"),
  PROXY_FAILED: entry("tcp", "retry", "open-proxy-settings", "retry"),
  PROXY_REFUSED: entry("tcp", "stop", "open-proxy-settings", "retry"),
  PROXY_AUTH_REQUIRED: entry("tcp", "stop", "retry", "open-proxy-settings"),
  NOT_SSH: entry("tcp", "stop", "edit-target"),
  SSH_KEX_FAILED: entry("host-key", "stop", "show-log"),
  HOST_KEY_UNKNOWN: entry("host-key", "stop", "retry"),
  HOST_KEY_CHANGED: entry("host-key", "stop", "open-known-hosts", "retry"),
  HOST_KEY_REVOKED: entry("host-key", "stop", "open-known-hosts"),
  KNOWN_HOSTS_UNREADABLE: entry("host-key", "stop", "open-known-hosts"),
  SSH_AUTH_FAILED: entry("ssh-auth", "stop", "retry", "open-ssh-config"),
  SSH_KEY_UNREADABLE: entry("ssh-auth", "stop", "open-ssh-config"),
  SSH_WEB_SIGN_IN: entry("ssh-auth", "stop", "retry"),
  SSH_TIMEOUT: entry("ssh-auth", "retry", "retry"),
  SSH_CLOSED: entry("ssh-auth", "retry", "retry", "show-log"),
  FORWARDING_FORBIDDEN: entry("find-gateway", "stop", "show-log"),
  GATEWAY_NOT_RUNNING: entry("find-gateway", "retry", "retry", "start-sidecar"),
  GATEWAY_DIFFERENT: entry("health", "stop", "show-log"),
  WINDOW_MISMATCH: entry("resolve", "stop"),
  FORWARD_UNUSABLE: entry("resolve", "retry", "retry", "show-log"),
  INSECURE_URL: entry("resolve", "stop", "edit-target"),
  TLS_UNTRUSTED: entry("websocket", "stop", "repin-certificate", "edit-target"),
  TLS_PIN_MISMATCH: entry("websocket", "stop", "repin-certificate"),
  NOT_A_GATEWAY: entry("websocket", "stop", "edit-target"),
  GATEWAY_BUSY: entry("websocket", "wait", "retry"),
  GATEWAY_STARTING: entry("websocket", "wait", "retry"),
  GATEWAY_SHUTDOWN: entry("websocket", "wait", "retry"),
  ORIGIN_REFUSED: entry("websocket", "stop", "show-log"),
  EDGE_REFUSED: entry("websocket", "stop", "edge-headers", "retry"),
  EDGE_HEADERS_INVALID: entry("websocket", "stop", "edge-headers", "show-log"),
  HANDSHAKE_TIMEOUT: entry("protocol", "retry", "retry"),
  PROTOCOL_MISMATCH: entry("protocol", "stop", "show-log"),
  PROTOCOL_VIOLATION: entry("protocol", "stop", "show-log"),
  CREDENTIAL_MISSING: entry("credential", "stop", "enter-credential"),
  CREDENTIAL_WRONG: entry("credential", "stop", "enter-credential"),
  RATE_LIMITED: entry("credential", "stop", "retry"),
  DEVICE_REFUSED: entry("credential", "stop", "retry", "show-log"),
  PAIRING_REQUIRED: entry("pairing", "stop", "copy-command", "retry"),
  SCOPES_MISSING: entry("scopes", "stop", "retry"),
  HEALTH_FAILED: entry("health", "retry", "retry"),
  LINK_LOST: entry("websocket", "retry", "retry"),
  CONFIG_INVALID: entry("resolve", "stop", "show-log"),
  GATEWAY_REFUSED: entry("protocol", "stop", "show-log"),
  CONFIG_NOT_WRITTEN: entry("resolve", "stop", "retry", "show-log"),
  HOST_UNSUPPORTED: entry("find-gateway", "stop", "show-log"),
  NODE_NOT_FOUND: entry("find-gateway", "stop", "retry"),
  UPLOAD_FAILED: entry("find-gateway", "stop", "retry", "show-log"),
  UPLOAD_CORRUPT: entry("find-gateway", "stop", "retry", "show-log"),
  SIDECAR_START_FAILED: entry("find-gateway", "stop", "retry", "show-log"),
  SIDECAR_STOP_FAILED: entry("find-gateway", "stop", "retry", "show-log"),
  REMOTE_CONFIG_UNREADABLE: entry("credential", "stop", "retry", "enter-credential"),
  SECRET_UNRESOLVED: entry("credential", "stop", "enter-credential"),
  PAIRING_MISMATCH: entry("pairing", "stop", "retry"),
  APPROVAL_FAILED: entry("pairing", "stop", "copy-command", "retry"),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
