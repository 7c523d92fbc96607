/** Counts by address, so that nobody takes more than a share. An address with nothing left is forgotten. */
export class Strangers {
  readonly #most: number;
  readonly #counts = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Takes a place.
   * @returns gives it back, however often it is called; undefined when there is none left
   */
  enter(address: string): (() => void) | undefined {
    const before = this.#counts.get(address) ?? 0;
    if (before >= this.#most) return undefined;
    this.#counts.set(address, before + 1);
    let isHere = true;
    return () => {
      if (!isHere) return;
      isHere = false;
      const left = (this.#counts.get(address) ?? 1) - 1;
      if (left > 0) this.#counts.set(address, left);
      else this.#counts.delete(address);
    };
  }
}
