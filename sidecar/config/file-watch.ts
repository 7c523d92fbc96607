import { statSync } from "node:fs";
import { errnoOf } from "./startup-error.ts";

const INTERVAL_MS = 250;

/**
 * Watches some files by looking at them four times a second: that sees replaced files, moved links and network drives alike,
 * where the system's own notifications differ. Tells only when a file has not changed between two looks, so that half a
 * save is not taken for the whole.
 */
export class FileWatch {
  readonly #paths: () => readonly string[];
  readonly #changed: () => void;
  readonly #timer: NodeJS.Timeout;
  #seen = "";
  #told = "";

  /** @param paths asked for at every look. @param changed also called once soon after the start */
  constructor(paths: () => readonly string[], changed: () => void) {
    this.#paths = paths;
    this.#changed = changed;
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS).unref();
  }

  #look(): void {
    const now = this.#paths().map(signatureOf).join("\n");
    if (now !== this.#seen) {
      this.#seen = now;
      return;
    }
    if (now === this.#told) return;
    this.#told = now;
    this.#changed();
  }

  dispose(): void {
    clearInterval(this.#timer);
  }
}

/** What changes when a file does; follows links. */
function signatureOf(path: string): string {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(path);
    return `${path} ${mtimeMs} ${ctimeMs} ${size} ${ino}`;
  } catch (error) {
    return `${path} ${errnoOf(error) ?? "?"}`;
  }
}
