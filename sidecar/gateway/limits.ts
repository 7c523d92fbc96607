/** What bounds a connection. The values are the real Gateway's; tests make some of them small. */
export interface GatewayLimits {
  /** Bytes of one frame before the handshake is through. */
  readonly maxPreauthPayload: number;
  /** Bytes of one frame after it; told to the client as `policy.maxPayload`. */
  readonly maxPayload: number;
  /** Bytes that may wait for a client that does not read; more and it is cut off. */
  readonly maxBufferedBytes: number;
  /** How long a client may take for its `connect`, milliseconds. */
  readonly handshakeTimeoutMs: number;
  /** Sockets of one address that are not through the handshake. */
  readonly maxPreauthSockets: number;
  /** TCP connections of one address that have not come so far either. */
  readonly maxPreauthConnections: number;
  /** Pieces that one message may come in. */
  readonly maxFragments: number;
  readonly tickIntervalMs: number;
  /** How often each socket is pinged; one that has not answered by the next time is dropped. */
  readonly pingIntervalMs: number;
  /** How long running answers may go on after a stop was asked for. */
  readonly drainMs: number;
}

export const DEFAULT_LIMITS: GatewayLimits = {
  maxPreauthPayload: 64 * 1024,
  maxPayload: 25 * 1024 * 1024,
  maxBufferedBytes: 50 * 1024 * 1024,
  handshakeTimeoutMs: 15_000,
  maxPreauthSockets: 32,
  maxPreauthConnections: 256,
  maxFragments: 16 * 1024,
  tickIntervalMs: 30_000,
  pingIntervalMs: 30_000,
  drainMs: 3_000,
};
