import type { IncomingMessage } from "node:http";
import { type Peer, type PeerVerdict, readPeer } from "./auth/peer.ts";
import type { Perimeter } from "./auth/perimeter.ts";
import type { ProxyIdentity } from "./auth/proxy-identity.ts";

/** A way in: what is believed of those who come by it. */
export interface Door {
  /** Never TLS, whatever the others do. */
  readonly isPlain?: boolean;
  read(request: IncomingMessage, perimeter: Perimeter): PeerVerdict;
  /** Finds out who somebody is that is about to open a WebSocket. Never rejects. */
  identify?(request: IncomingMessage, peer: Peer): Promise<ProxyIdentity | undefined>;
}

/** The one that everybody comes by. */
export const ORDINARY_DOOR: Door = { read: readPeer };
