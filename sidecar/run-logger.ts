import type { Logger } from "../protocol/util/logger.ts";
import { redact } from "../protocol/util/redact.ts";

/** Lines on stderr, where a supervisor collects them. `secrets` never get through. */
export function stderrLogger(secrets: readonly string[]): Logger {
  const write = (level: string, message: string): void => {
    process.stderr.write(`${new Date().toISOString()} ${level} ${redact(message, secrets)}\n`);
  };
  return {
    debug() {},
    info: (message) => write("info", message),
    warn: (message) => write("warn", message),
    error: (message) => write("error", message),
  };
}
