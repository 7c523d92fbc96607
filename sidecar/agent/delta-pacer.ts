/** How often streamed text is passed on, milliseconds. */
const INTERVAL_MS = 40;

/** Gathers the words of a model: the first goes out at once, the others in pieces. */
export class DeltaPacer {
  readonly #emit: (delta: string) => void;
  #pending = "";
  #timer: NodeJS.Timeout | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(emit: (delta: string) => void) {
    this.#emit = emit;
  }

  push(text: string): void {
    this.#pending += text;
    if (this.#timer !== undefined) return;
    const wait = this.#lastAt + INTERVAL_MS - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), wait);
  }

  /** Passes on what is there, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending === "") return;
    const delta = this.#pending;
    this.#pending = "";
    this.#lastAt = performance.now();
    this.#emit(delta);
  }

  /** Drops what is there. */
  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = "";
  }
}
