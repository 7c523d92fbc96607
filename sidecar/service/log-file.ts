import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** How much a log may take of the disk: `files` of `maxBytes` each, the current one included. */
export interface LogLimits {
  readonly maxBytes: number;
  readonly files: number;
}

export const LOG_LIMITS: LogLimits = { maxBytes: 5 * 1024 * 1024, files: 3 };

/** The log of the sidecar that keeps its state in `stateDir`. */
export const logPath = (stateDir: string): string => join(stateDir, "logs", "sidecar.log");

/** What the process itself says outside of its log: why it could not start, how it crashed. */
export const outputPath = (stateDir: string): string => join(stateDir, "logs", "sidecar.out");

/** The files of a log that may exist, oldest first; the last is the one that is written. */
export function logFiles(path: string, files: number = LOG_LIMITS.files): readonly string[] {
  return Array.from({ length: files }, (_, index) => (index === files - 1 ? path : `${path}.${files - 1 - index}`));
}

/** Makes the directory of a file, for its owner only. */
export function createLogDir(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}

/** Opens a file for appending that only its owner can read, also when it was wider before. Never follows a link. */
export function openPrivateAppend(path: string): number {
  const noFollow = process.platform === "win32" ? 0 : constants.O_NOFOLLOW;
  const file = openSync(path, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | noFollow, 0o600);
  if (process.platform !== "win32" && (fstatSync(file).mode & 0o077) !== 0) fchmodSync(file, 0o600);
  return file;
}

/**
 * Appends lines to a file of bounded size. When it is full it becomes `.1`, the one before `.2`, and the oldest goes. Each
 * line is with the system when `write` returns, so that a crash loses none. One writer at a time.
 */
export class LogFile {
  readonly #path: string;
  readonly #limits: LogLimits;
  #file: number;
  #inode = 0;
  #size = 0;

  /** @throws the error of the file system when the log cannot be opened */
  constructor(path: string, limits: LogLimits = LOG_LIMITS) {
    this.#path = path;
    this.#limits = limits;
    createLogDir(path);
    this.#file = this.#open();
  }

  /** Never throws: a full disk must not stop the Gateway that wants to say so. */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`, "utf8");
    try {
      if (this.#wasMoved()) this.#reopen();
      if (this.#size > 0 && this.#size + bytes.length > this.#limits.maxBytes) this.#rotate();
      this.#size += writeSync(this.#file, bytes);
    } catch {
      // The line is lost; the next one finds out again.
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #open(): number {
    const file = openPrivateAppend(this.#path);
    const { ino, size } = fstatSync(file);
    this.#inode = ino;
    this.#size = size;
    return file;
  }

  #reopen(): void {
    createLogDir(this.#path);
    const file = this.#open();
    closeSync(this.#file);
    this.#file = file;
  }

  /** Somebody has deleted or renamed the file; what is written on would never be found. */
  #wasMoved(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#inode;
  }

  #rotate(): void {
    const files = logFiles(this.#path, this.#limits.files);
    for (const [index, older] of files.entries()) {
      const newer = files[index + 1];
      if (newer !== undefined && statSync(newer, { throwIfNoEntry: false }) !== undefined) renameSync(newer, older);
    }
    this.#reopen();
  }
}
