import type { IncomingMessage } from "node:http";
import { plainAddress } from "../../config/address-list.ts";
import { zoneOf } from "./address-zone.ts";
import { forwardedClient, isForwarded } from "./forwarded.ts";
import { hostKindOf, hostNameOf } from "./host-name.ts";
import type { Perimeter } from "./perimeter.ts";
import { type ProxyIdentity, proxyIdentity } from "./proxy-identity.ts";

/** Where a connection comes from, as far as it can be known. */
export interface Peer {
  /** The address that limits and records count by. */
  readonly address: string;
  /** Opened on this computer, with no proxy in between, and by no page of another place. */
  readonly isLoopback: boolean;
  /** It reached an address that other computers can reach. */
  readonly isOutward: boolean;
  readonly origin: string | undefined;
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
  /** Who it is, when somebody that we believe said so; or why that was not believed. */
  readonly identity?: ProxyIdentity;
}

export type PeerVerdict =
  | { readonly ok: true; readonly peer: Peer }
  /** To be answered with 403. `why` is for the log. */
  | { readonly ok: false; readonly address: string; readonly why: string; readonly isForwarded: boolean };

/**
 * Reads where a request comes from. Forwarding headers are believed only from a proxy that the config trusts; from
 * anybody else they are a lie or a mistake. A Host that belongs to somebody else's DNS is a page that was rebound.
 */
export function readPeer(request: IncomingMessage, perimeter: Perimeter): PeerVerdict {
  const { headers, socket } = request;
  const { origin, host } = headers;
  const address = plainAddress(socket.remoteAddress ?? "unknown");
  const forwarded = isForwarded(headers);
  const refuse = (why: string): PeerVerdict => ({ ok: false, address, why, isForwarded: forwarded });
  const isOutward = zoneOf(socket.localAddress ?? "") !== "loopback";
  const about = { isOutward, origin, host, userAgent: headers["user-agent"] };
  if (forwarded) {
    if (!perimeter.trustedProxies.has(address)) {
      return refuse("forwarding headers from an address that is not in gateway.trustedProxies");
    }
    const client = forwardedClient(headers, perimeter);
    if (client === undefined) return refuse("the proxy names no client that is not this computer itself");
    const { proxyAuth } = perimeter;
    const identity = proxyAuth === undefined ? {} : { identity: proxyIdentity(request, proxyAuth) };
    return { ok: true, peer: { ...about, address: client, isLoopback: false, ...identity } };
  }
  const name = host === undefined ? undefined : hostNameOf(host);
  if (host !== undefined && name === undefined) return refuse("a malformed Host header");
  const kind = name === undefined ? "private" : hostKindOf(name);
  if (!isOutward && kind === "public" && !perimeter.ownNames.has(name ?? "")) {
    return refuse(
      "a Host of public DNS that is not ours; if it is, put its origin into gateway.controlUi.allowedOrigins",
    );
  }
  // Without an Origin it is no browser, and the name that was typed proves nothing either way.
  const isLoopback = zoneOf(address) === "loopback" && (origin === undefined || kind === "loopback");
  return { ok: true, peer: { ...about, address, isLoopback } };
}
