import { ERRORS, type ErrorCode } from "../../protocol/errors/catalogue.ts";
import type { FactLabel } from "../../protocol/errors/connect-error.ts";
import type { Failure } from "../../protocol/errors/failure.ts";
import { LADDER_STEPS, type Ladder, type LadderStep, climb, emptyLadder } from "../../protocol/ladder/steps.ts";

/** What each failure carries when it really happens. A new entry of the catalogue without a line here does not compile. */
const FACTS: Readonly<Record<ErrorCode, readonly FactLabel[]>> = {
  TARGET_INVALID: ["detail"],
  SSH_CONFIG_INVALID: ["savedIn", "detail"],
  SSH_CLIENT_MISSING: ["detail"],
  DNS_FAILED: ["host", "port", "detail"],
  TCP_REFUSED: ["host", "port", "detail"],
  TCP_TIMEOUT: ["host", "port"],
  TCP_UNREACHABLE: ["host", "port", "detail"],
  PROXY_UNSUPPORTED: ["detail"],
  PROXY_FAILED: ["host", "port", "detail"],
  PROXY_REFUSED: ["host", "port", "detail"],
  PROXY_AUTH_REQUIRED: ["host", "port", "detail"],
  NOT_SSH: ["host", "port", "detail"],
  SSH_KEX_FAILED: ["host", "detail"],
  HOST_KEY_UNKNOWN: ["host", "port", "keyType", "now"],
  HOST_KEY_CHANGED: ["host", "port", "keyType", "known", "now", "savedIn"],
  HOST_KEY_REVOKED: ["host", "port", "keyType", "now", "savedIn"],
  KNOWN_HOSTS_UNREADABLE: ["savedIn", "detail"],
  SSH_AUTH_FAILED: ["host", "user", "detail"],
  SSH_KEY_UNREADABLE: ["savedIn", "detail"],
  SSH_WEB_SIGN_IN: ["host", "user", "url"],
  SSH_TIMEOUT: ["host"],
  SSH_CLOSED: ["host", "detail"],
  FORWARDING_FORBIDDEN: ["host", "port"],
  GATEWAY_NOT_RUNNING: ["host", "port"],
  GATEWAY_DIFFERENT: ["detail"],
  WINDOW_MISMATCH: ["known", "now"],
  FORWARD_UNUSABLE: ["url", "detail"],
  INSECURE_URL: ["url", "host", "detail"],
  TLS_UNTRUSTED: ["url", "host", "port", "now", "certificate", "detail"],
  TLS_PIN_MISMATCH: ["url", "host", "port", "known", "now", "certificate"],
  NOT_A_GATEWAY: ["url", "host", "port", "detail"],
  GATEWAY_BUSY: ["url", "host", "port", "detail"],
  GATEWAY_STARTING: ["url", "host", "port", "detail"],
  GATEWAY_SHUTDOWN: ["detail"],
  ORIGIN_REFUSED: ["url", "host", "port", "detail"],
  EDGE_REFUSED: ["url", "host", "port", "detail"],
  EDGE_HEADERS_INVALID: ["url", "host", "detail"],
  HANDSHAKE_TIMEOUT: ["host"],
  PROTOCOL_MISMATCH: ["detail"],
  PROTOCOL_VIOLATION: ["detail"],
  CREDENTIAL_MISSING: ["detail"],
  CREDENTIAL_WRONG: ["detail"],
  RATE_LIMITED: ["detail"],
  DEVICE_REFUSED: ["detail"],
  PAIRING_REQUIRED: ["requestId", "command"],
  SCOPES_MISSING: ["detail"],
  HEALTH_FAILED: ["detail"],
  LINK_LOST: ["detail"],
  CONFIG_INVALID: ["savedIn", "detail"],
  GATEWAY_REFUSED: ["detail"],
  CONFIG_NOT_WRITTEN: ["savedIn", "detail"],
  HOST_UNSUPPORTED: ["host", "detail"],
  NODE_NOT_FOUND: ["host", "command", "detail"],
  UPLOAD_FAILED: ["host", "detail"],
  UPLOAD_CORRUPT: ["host", "detail"],
  SIDECAR_START_FAILED: ["host", "savedIn", "detail"],
  SIDECAR_STOP_FAILED: ["host", "detail"],
  REMOTE_CONFIG_UNREADABLE: ["host", "savedIn", "detail"],
  SECRET_UNRESOLVED: ["host", "detail"],
  PAIRING_MISMATCH: ["requestId", "detail"],
  APPROVAL_FAILED: ["command", "detail"],
};

export const CODES: readonly ErrorCode[] = Object.keys(FACTS).filter((code): code is ErrorCode => code in ERRORS);

export type Values = Readonly<Record<FactLabel, string>>;

/** As they are on an ordinary day. */
export const ORDINARY: Values = {
  host: "home-server",
  port: "18789",
  known: "SHA256:6WPJL5yC3bFQ1nQ9nGm0v1q9o1m1xZb0m2gqv6n0k1s",
  now: "SHA256:tOd2KdJk+2PsUMXLr7JrPgzzxWg2Kf1rn46X3qtTvqM",
  savedIn: "/home/alice/.ssh/known_hosts:12",
  keyType: "ED25519",
  certificate: "CN=home-server.example, self-signed, valid 2026-01-01 to 2027-01-01",
  url: "wss://home-server.example:8443/",
  user: "alice",
  detail: "it answered with something else than was asked for",
  command: "openclaw devices approve db69550a-756f-4379-b03b-09dac7c1bcd4",
  requestId: "db69550a-756f-4379-b03b-09dac7c1bcd4",
};

/** As somebody would write them who wants to break the card, or to say on it what is not so. */
export const HOSTILE: Values = {
  host: `${"a-very-long-name-without-an-end".repeat(9)}.example`,
  port: "65535",
  known: "SHA256:\u202e6WPJL5yC3bFQ1nQ9nGm0v1q9o1m1xZb0m2gqv6n0k1s",
  now: `SHA256:${"t".repeat(300)}`,
  savedIn: `/home/${"deep/".repeat(60)}known_hosts:12`,
  keyType: "ED25519",
  certificate: `CN=${"*.".repeat(90)}\u202e, self-signed`,
  url: `wss://xn--${"b".repeat(200)}.example/<script>alert(1)</script>`,
  user: "\u2066\u2069alice\u200b",
  detail: `<b>all is well</b> [click](https://evil.example) {host} \u0007 שלום ${"word ".repeat(80)}`,
  command: `rm -rf / \u202e# ${"x".repeat(200)}`,
  requestId: '"><img src=x onerror=alert(1)>',
};

export function failureOf(code: ErrorCode, values: Values): Failure {
  const { step, actions } = ERRORS[code];
  const facts = FACTS[code].map((label) => ({ label, value: values[label] }));
  return { code, step, message: values.detail, facts, actions };
}

/** A climb that broke at a rung. */
export function brokenLadder(stopAt: LadderStep): Ladder {
  const before = LADDER_STEPS.slice(0, LADDER_STEPS.indexOf(stopAt));
  const passed = before.reduce(
    (ladder, step, at) => climb(climb(ladder, { type: "started", step, at }), { type: "passed", step, at: at + 12 }),
    emptyLadder,
  );
  const at = before.length * 20;
  return climb(climb(passed, { type: "started", step: stopAt, at }), { type: "failed", step: stopAt, at: at + 41 });
}
