/* oxlint-disable eslint/no-underscore-dangle -- the hooks of a Node stream are called so */
import type { Duplex } from "node:stream";

/**
 * Lets what is written to a channel in one go (corked, as `ws` does with the head and the body of a frame) leave as one SSH
 * packet. An ssh2 channel has no `writev` of its own, so that each piece would be encrypted, sent and read by itself.
 */
export function writeWhole(channel: Duplex): void {
  channel._writev = (pieces, done) => {
    const bytes = pieces.map(({ chunk, encoding }: { chunk: unknown; encoding: BufferEncoding }) =>
      chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk), encoding),
    );
    channel._write(Buffer.concat(bytes), "utf8", done);
  };
}
