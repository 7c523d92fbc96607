import type { Connection } from "./connection.ts";

export interface StateVersion {
  readonly presence: number;
  readonly health: number;
}

/** The connections that are through the handshake, and the one way to tell them something. */
export class Broadcaster {
  readonly #connections = new Set<Connection>();

  get size(): number {
    return this.#connections.size;
  }

  [Symbol.iterator](): IterableIterator<Connection> {
    return this.#connections.values();
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
  }

  remove(connection: Connection): void {
    this.#connections.delete(connection);
  }

  /**
   * Sends an event to everyone that `to` picks. The payload is written out once; only the frame number differs from
   * socket to socket, and sockets that stand at the same number share the bytes.
   * @returns how many got it
   */
  publish(
    event: string,
    payload: unknown,
    options: { to: (connection: Connection) => boolean; stateVersion?: StateVersion },
  ): number {
    let head: Buffer | undefined;
    let count = 0;
    const frames = new Map<number, Buffer>();
    const tail = options.stateVersion === undefined ? "}" : `,"stateVersion":${JSON.stringify(options.stateVersion)}}`;
    for (const connection of this.#connections) {
      if (connection.isClosing || !options.to(connection)) continue;
      head ??= Buffer.from(
        `{"type":"event","event":${JSON.stringify(event)},"payload":${JSON.stringify(payload)},"seq":`,
      );
      const seq = connection.nextSeq();
      let frame = frames.get(seq);
      if (frame === undefined) {
        frame = Buffer.concat([head, Buffer.from(`${seq}${tail}`)]);
        frames.set(seq, frame);
      }
      connection.send(frame);
      count += 1;
    }
    return count;
  }
}
