import type { Duplex } from "node:stream";

const MAX_BYTES = 1024;

/** Looks at the first bytes that a server sends, beside ssh2, to tell a server that is not SSH from a broken link. */
export class BannerWatch {
  #seen = Buffer.alloc(0);

  /**
   * Begins to look; only after ssh2 has taken the stream, which it pauses until it is ready.
   * @param onForeign called once when the first bytes can only be another protocol's
   */
  attach(stream: Duplex, onForeign: () => void): void {
    const look = (chunk: Buffer): void => {
      this.#seen = Buffer.concat([this.#seen, chunk.subarray(0, MAX_BYTES - this.#seen.length)]);
      const isForeign = this.#looksForeign;
      if (isForeign || this.isSsh || this.#seen.length >= MAX_BYTES) stream.off("data", look);
      if (isForeign) onForeign();
    };
    stream.on("data", look);
  }

  /** True once a line has begun with `SSH-`; RFC 4253 lets other lines come before it. */
  get isSsh(): boolean {
    return /(?:^|\n)SSH-/.test(this.#seen.toString("latin1"));
  }

  /** The first line that came, for the card; empty when nothing came. */
  get firstLine(): string {
    return this.#seen.toString("utf8").split(/\r?\n/, 1)[0] ?? "";
  }

  /** TLS records and HTTP answers, which a person meets after typing the wrong port. */
  get #looksForeign(): boolean {
    const [type, major] = this.#seen;
    return this.#seen.toString("latin1", 0, 5) === "HTTP/" || ((type === 0x15 || type === 0x16) && major === 0x03);
  }
}
