/** The last round trips of one connection, oldest first. */
export class LatencyHistory {
  readonly #capacity: number;
  #samples: readonly number[] = [];

  constructor(capacity = 24) {
    this.#capacity = capacity;
  }

  get samples(): readonly number[] {
    return this.#samples;
  }

  get last(): number | undefined {
    return this.#samples.at(-1);
  }

  add(ms: number): void {
    this.#samples = [...this.#samples, ms].slice(-this.#capacity);
  }

  clear(): void {
    this.#samples = [];
  }
}
