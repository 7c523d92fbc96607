import type { WebSocket } from "ws";

/**
 * Allows larger frames on a socket whose client has proved who it is. `ws` fixes the limit when the socket opens and has
 * no public way to change it, so this reaches into its receiver and fails loudly should that ever look different.
 */
export function raiseMaxPayload(socket: WebSocket, bytes: number): void {
  const receiver: unknown = Reflect.get(socket, "_receiver");
  if (typeof receiver !== "object" || receiver === null || typeof Reflect.get(receiver, "_maxPayload") !== "number") {
    throw new Error("This version of ws keeps its frame limit elsewhere");
  }
  Reflect.set(receiver, "_maxPayload", bytes);
}
