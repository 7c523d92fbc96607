import type { Logger } from "../protocol/util/logger.ts";
import { redact } from "../protocol/util/redact.ts";
import { reasonOf } from "./config/startup-error.ts";
import { LogFile, logPath } from "./service/log-file.ts";
import { type LogLevel, encodeLogLine } from "./service/log-line.ts";

export interface RunLogOptions {
  readonly stateDir: string;
  /** Values that never get through. */
  readonly secrets: readonly string[];
  /** Nothing on stderr: nobody reads it, and it would grow without a bound. */
  readonly isQuiet: boolean;
}

/**
 * The log of a running sidecar: JSON lines in the state directory and plain ones on stderr, where a supervisor collects
 * them. A crash is logged before the process ends. Without a writable log the Gateway runs all the same and says so.
 */
export function openRunLog({ stateDir, secrets, isQuiet }: RunLogOptions): Logger {
  let file: LogFile | undefined;
  const write = (level: LogLevel, message: string): void => {
    const entry = { time: new Date().toISOString(), level, message: redact(message, secrets) };
    file?.write(encodeLogLine(entry));
    if (!isQuiet) process.stderr.write(`${entry.time} ${level} ${entry.message}\n`);
  };
  try {
    file = new LogFile(logPath(stateDir));
  } catch (error) {
    process.stderr.write(`openclaw-sidecar: there will be no log file (${reasonOf(error)})\n`);
  }
  // Only watches: Node ends the process as it would without.
  process.on("uncaughtExceptionMonitor", (error) => write("error", `crashed: ${error.stack ?? String(error)}`));
  return {
    debug() {},
    info: (message) => write("info", message),
    warn: (message) => write("warn", message),
    error: (message) => write("error", message),
  };
}
