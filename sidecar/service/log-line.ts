import { isRecord } from "../json.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One entry of the log. */
export interface LogEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: string;
  readonly message: string;
}

/** A single entry may not crowd out the others. */
const MAX_MESSAGE_CHARS = 8_192;

/**
 * An entry as one line of JSON, without its line break. The names of the fields are those that OpenClaw's own log
 * viewers read.
 */
export function encodeLogLine({ time, level, message }: LogEntry): string {
  const text = message.length <= MAX_MESSAGE_CHARS ? message : `${message.slice(0, MAX_MESSAGE_CHARS)}…`;
  return JSON.stringify({ time, level, message: text });
}

/** Reads a line of the log; what is no entry (a line cut by a full disk) becomes the message of one. */
export function parseLogLine(line: string): LogEntry {
  try {
    const value: unknown = JSON.parse(line);
    if (isRecord(value)) {
      const { time, level, message } = value;
      if (typeof time === "string" && typeof level === "string" && typeof message === "string") {
        return { time, level, message };
      }
    }
  } catch {
    // Not ours, or not whole: it is shown as it stands.
  }
  return { time: "", level: "", message: line };
}

/**
 * An entry for a person, in local time. Further lines of a message (a stack) are indented, and no control character gets
 * through: what strangers made us log must not move the cursor.
 */
export function humanLogLine(line: string): string {
  const { time, level, message } = parseLogLine(line);
  const text = message
    .split("\n")
    .map((part) => part.replace(/[\p{Cc}\p{Cf}]+/gu, " "))
    .join("\n    ");
  return time === "" ? text : `${localTime(time)} ${level.padEnd(5)} ${text}`;
}

function localTime(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso.replace(/[\p{Cc}\p{Cf}]+/gu, " ");
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
