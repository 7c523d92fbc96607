import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Makes one line of two: what comes out of one goes into the other, no faster than that can take it. Each half is ended when
 * its source ends, and when one side is gone the other goes too.
 */
export function join(socket: Socket, channel: Duplex): void {
  socket.pipe(channel);
  channel.pipe(socket);
  // An SSH channel tells of its end by `close`, also when the whole connection dies.
  channel.once("close", () => (socket.readableEnded ? socket.end() : socket.destroySoon()));
  channel.on("error", () => socket.destroy());
  socket.once("close", () => channel.destroy());
}
