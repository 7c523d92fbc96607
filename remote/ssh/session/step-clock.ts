/** The time-out of one step. It stands still while a person is being asked, since a person may take their time. */
export class StepClock {
  readonly #onTimeout: () => void;
  #timer: NodeJS.Timeout | undefined;
  #ms = 0;
  #questions = 0;

  constructor(onTimeout: () => void) {
    this.#onTimeout = onTimeout;
  }

  /** Starts over with so many milliseconds. */
  start(ms: number): void {
    this.stop();
    this.#ms = ms;
    if (this.#questions === 0) this.#timer = setTimeout(this.#onTimeout, ms);
  }

  stop(): void {
    this.#ms = 0;
    clearTimeout(this.#timer);
  }

  /** Runs a question; the step gets its whole time again afterwards. */
  readonly whileAsking = async <T>(ask: () => Promise<T>): Promise<T> => {
    this.#questions++;
    clearTimeout(this.#timer);
    try {
      return await ask();
    } finally {
      this.#questions--;
      if (this.#questions === 0 && this.#ms > 0) this.#timer = setTimeout(this.#onTimeout, this.#ms);
    }
  };
}
