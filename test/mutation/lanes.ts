import { Lane } from "./lane.ts";

/** Gateways of which each serves one check at a time. They are started when all others are taken. */
export class Lanes {
  readonly #all: Promise<Lane>[] = [];
  readonly #free: Lane[] = [];

  async use<T>(work: (lane: Lane) => Promise<T>): Promise<T> {
    const lane = this.#free.pop() ?? (await this.#start());
    try {
      return await work(lane);
    } finally {
      this.#free.push(lane);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(async (lane) => (await lane).close()));
  }

  #start(): Promise<Lane> {
    const lane = Lane.start();
    this.#all.push(lane);
    return lane;
  }
}
