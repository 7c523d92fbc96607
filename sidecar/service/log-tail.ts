import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { errnoOf } from "../config/startup-error.ts";

const NEWLINE = 0x0a;

/** A piece of the log, as `logs.tail` gives it. Offsets are bytes. */
export interface LogPiece {
  readonly file: string;
  /** Where the next piece begins. */
  readonly cursor: number;
  readonly size: number;
  readonly lines: readonly string[];
  /** Lines before these were left out. */
  readonly truncated: boolean;
  /** The file is a new one since the cursor was given: these are its last lines. */
  readonly reset: boolean;
}

/**
 * The lines of a log file from `cursor` on, or its last ones. At most `limit` lines out of `maxBytes`; what is written
 * while it is read comes with the next piece. No file has no lines.
 */
export function tailLogFile(
  path: string,
  from: { readonly cursor: number | undefined; readonly limit: number; readonly maxBytes: number },
): LogPiece {
  const file = openIfThere(path);
  if (file === undefined) return { file: path, cursor: 0, size: 0, lines: [], truncated: false, reset: false };
  try {
    const { size } = fstatSync(file);
    const reset = from.cursor !== undefined && from.cursor > size;
    const wanted = reset ? undefined : from.cursor;
    const start = Math.max(wanted ?? 0, size - from.maxBytes);
    // One byte more, to see whether a line begins here.
    const lead = start === 0 ? 0 : 1;
    const bytes = Buffer.alloc(size - start + lead);
    const count = readSync(file, bytes, 0, bytes.length, start - lead);
    const isMidLine = lead === 1 && bytes[0] !== NEWLINE;
    const end = bytes.subarray(0, count).lastIndexOf(NEWLINE) + 1;
    const text = bytes.subarray(lead, Math.max(end, lead)).toString("utf8");
    const lines = text.split("\n").slice(isMidLine ? 1 : 0);
    const whole = lines.filter((line) => line !== "");
    const kept = whole.slice(-from.limit);
    return {
      file: path,
      cursor: start + Math.max(end - lead, 0),
      size,
      lines: kept,
      truncated: kept.length < whole.length || (start > (wanted ?? 0) && size > 0),
      reset,
    };
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
