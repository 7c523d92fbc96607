import { asObject, asString } from "../../protocol/gateway/json.ts";

/** How much of the end of a log is shown. */
export const LOG_LINES = 1_000;

/** Pure: the sidecar's log, one JSON object a line, for a person. No control character gets through. */
export function logText(raw: string): string {
  const lines = raw.split("\n").filter((line) => line.trim() !== "");
  return `${lines.map(logLine).join("\n")}\n`;
}

function logLine(line: string): string {
  const entry = asObject(parse(line));
  const message = asString(entry["message"]);
  const time = asString(entry["time"]);
  if (message === undefined || time === undefined) return plain(line);
  const text = message.split("\n").map(plain).join("\n    ");
  return `${plain(time)} ${plain(asString(entry["level"]) ?? "").padEnd(5)} ${text}`;
}

const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, " ");

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
