import type { Connection } from "./connection.ts";
import { errorFrame, readFrame } from "./wire.ts";

/** The first word is the Gateway's: what a device has to sign. */
export function challenge(connection: Connection, nonce: string): void {
  const payload = { nonce, ts: connection.connectedAt, capabilities: [] };
  connection.send(JSON.stringify({ type: "event", event: "connect.challenge", payload }));
}

/**
 * The `connect` that the first frame of a client must be. Anything else is answered as the real Gateway does, ends the
 * connection, and gives undefined.
 */
export function connectRequest(
  connection: Connection,
  text: string,
): { readonly id: string; readonly params: unknown } | undefined {
  const refuse = (message: string, id?: string): undefined => {
    if (id !== undefined) connection.send(errorFrame(id, { code: "INVALID_REQUEST", message }));
    connection.close(1008, message);
    return undefined;
  };
  const incoming = readFrame(text);
  switch (incoming.kind) {
    case "noise":
      connection.close(1000);
      return undefined;
    case "malformed":
      return incoming.isRequest
        ? refuse(`invalid request frame: ${incoming.problem}`, incoming.id)
        : refuse("invalid request frame");
    case "request": {
      const { id, method, params } = incoming.frame;
      return method === "connect" ? { id, params } : refuse("invalid handshake: first request must be connect", id);
    }
  }
}
