import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { errnoOf } from "../config/startup-error.ts";
import { LOG_LIMITS, logFiles } from "./log-file.ts";

const POLL_MS = 200;
const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** How often the file is looked at, milliseconds. */
  readonly pollMs?: number;
  /** How many files the writer keeps. */
  readonly files?: number;
}

/** The last `count` lines of a log, oldest first, over its rotated files. No log has no lines. */
export function tailLog(path: string, count: number, files: number = LOG_LIMITS.files): readonly string[] {
  return tailOf(logFiles(path, files), count);
}

/**
 * @param files oldest first
 * @param after inode of a file that was read already; it and those that were begun since are left out
 */
function tailOf(files: readonly string[], count: number, after?: number): readonly string[] {
  let lines: string[] = [];
  let isOlder = after === undefined;
  const seen = new Set<number>();
  // From the newest on, as the files move, so that a rotation between two looks hides none.
  for (const path of files.toReversed()) {
    if (lines.length >= count) break;
    const file = openIfThere(path);
    if (file === undefined) continue;
    try {
      const inode = fstatSync(file).ino;
      // The same file again, under its next name.
      if (seen.has(inode)) continue;
      seen.add(inode);
      if (isOlder) lines = [...linesOf(readFileSync(file, "utf8")), ...lines];
      if (inode === after) isOlder = true;
    } finally {
      closeSync(file);
    }
  }
  return count <= 0 ? [] : lines.slice(-count);
}

const linesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "");

/**
 * The last `count` lines and then every new one, until the signal. Loses and doubles no line when the log is rotated, and
 * waits for a log that is not there yet.
 */
export async function* followLog(path: string, count: number, options: FollowOptions): AsyncGenerator<string> {
  const cursor = new LogCursor(path, options.files ?? LOG_LIMITS.files);
  try {
    const current = cursor.read();
    yield* cursor.older(count - current.length);
    yield* count === 0 ? [] : current.slice(-count);
    while (!options.signal.aborted) {
      yield* cursor.read();
      await pause(options.pollMs ?? POLL_MS, undefined, { signal: options.signal }).catch(() => undefined);
    }
  } finally {
    cursor.close();
  }
}

/** A place in the log that moves on with its files: an open file stays the same one under every name. */
class LogCursor {
  readonly #path: string;
  readonly #files: readonly string[];
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  #file: number | undefined;
  #position = 0;
  /** The start of a line whose end is not written yet. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string, files: number) {
    this.#path = path;
    this.#files = logFiles(path, files);
  }

  /** All whole lines since the last call. */
  read(): string[] {
    this.#file ??= openIfThere(this.#path);
    const lines = this.#drain();
    for (let next = this.#openSuccessor(); next !== undefined; next = this.#openSuccessor()) {
      // The writer has left this file, so that what is there now is all there will be.
      lines.push(...this.#drain());
      if (this.#rest.length > 0) lines.push(this.#rest.toString("utf8"));
      this.close();
      this.#rest = Buffer.alloc(0);
      this.#position = 0;
      this.#file = next;
      lines.push(...this.#drain());
    }
    return lines;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #drain(): string[] {
    if (this.#file === undefined) return [];
    if (fstatSync(this.#file).size < this.#position) this.#position = 0;
    const lines: string[] = [];
    for (;;) {
      const count = readSync(this.#file, this.#chunk, 0, CHUNK_BYTES, this.#position);
      if (count === 0) return lines;
      this.#position += count;
      const bytes = Buffer.concat([this.#rest, this.#chunk.subarray(0, count)]);
      const end = bytes.lastIndexOf(NEWLINE);
      lines.push(...linesOf(bytes.subarray(0, end + 1).toString("utf8")));
      this.#rest = bytes.subarray(end + 1);
    }
  }

  /** The last lines of the files that were full before this one was begun. */
  older(count: number): readonly string[] {
    return tailOf(this.#files, count, this.#file === undefined ? undefined : fstatSync(this.#file).ino);
  }

  /** Opens the file that was begun after this one, if there is one. */
  #openSuccessor(): number | undefined {
    if (this.#file === undefined) return undefined;
    const own = fstatSync(this.#file).ino;
    for (let next = this.#newerThan(own); next !== undefined; next = this.#newerThan(own)) {
      const file = openIfThere(next.path);
      if (file !== undefined && fstatSync(file).ino === next.inode) return file;
      // It was renamed in between; look again.
      if (file !== undefined) closeSync(file);
    }
    return undefined;
  }

  /** Looks from the newest on, as the files move, so that a rotation in between hides none. */
  #newerThan(own: number): { readonly path: string; readonly inode: number } | undefined {
    let newer: { path: string; inode: number } | undefined;
    for (const path of this.#files.toReversed()) {
      const inode = inodeOf(path);
      if (inode === own) return newer;
      if (inode !== undefined) newer = { path, inode };
    }
    // It was rotated out, and the oldest that is left comes next.
    return newer;
  }
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
