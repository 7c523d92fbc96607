import { ERRORS, type ErrorCode } from "../../protocol/errors/catalogue.ts";

/** What the CLI's exit codes mean; `--help` and the documentation print this table. */
export const EXIT = {
  /** Done. */
  ok: 0,
  /** The Gateway answered, and the answer is an error or "not well". */
  failed: 1,
  /** The command line, a config file or a target is wrong; nothing was sent. */
  usage: 2,
  /** Nothing answered in time. */
  unreachable: 3,
  /** Somebody answered and did not let us in: host key, certificate, SSH sign-in, credential, pairing, scopes. */
  refused: 4,
  /** Somebody answered, but not a Gateway of this protocol. */
  notGateway: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  TARGET_INVALID: EXIT.usage,
  INSECURE_URL: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  PROXY_UNSUPPORTED: EXIT.usage,
  EDGE_HEADERS_INVALID: EXIT.usage,
  SSH_CONFIG_INVALID: EXIT.usage,
  SSH_CLIENT_MISSING: EXIT.usage,
  NOT_SSH: EXIT.notGateway,
  NOT_A_GATEWAY: EXIT.notGateway,
  PROTOCOL_MISMATCH: EXIT.notGateway,
  PROTOCOL_VIOLATION: EXIT.notGateway,
  TLS_UNTRUSTED: EXIT.refused,
  TLS_PIN_MISMATCH: EXIT.refused,
  ORIGIN_REFUSED: EXIT.refused,
  FORWARDING_FORBIDDEN: EXIT.refused,
  GATEWAY_REFUSED: EXIT.refused,
  HEALTH_FAILED: EXIT.failed,
};

/** The exit code of a failed connection: what stops until a person acts was refused, what may be tried again was not reached. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_CODE[code] ?? (ERRORS[code].policy === "stop" ? EXIT.refused : EXIT.unreachable);
}
