import type { IncomingMessage } from "node:http";

/** Where a connection comes from, as far as it can be known. */
export interface Peer {
  /** The address that limits and records count by. */
  readonly address: string;
  /** Opened on this computer, with no proxy in between. */
  readonly isLoopback: boolean;
  readonly origin: string | undefined;
  readonly host: string | undefined;
  readonly userAgent: string | undefined;
}

const isLoopbackAddress = (address: string): boolean =>
  address === "::1" || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(address);

/**
 * Reads where an upgrade comes from. Forwarding headers are believed only from a proxy that the config trusts; from
 * anybody else they are a lie or a mistake.
 * @returns undefined when it must be refused
 */
export function readPeer(request: IncomingMessage, trustedProxies: readonly string[]): Peer | undefined {
  const socketAddress = request.socket.remoteAddress ?? "unknown";
  const { origin, host } = request.headers;
  const userAgent = request.headers["user-agent"];
  const forwarded = request.headers["x-forwarded-for"] ?? request.headers["x-real-ip"] ?? request.headers["forwarded"];
  if (forwarded === undefined) {
    return { address: socketAddress, isLoopback: isLoopbackAddress(socketAddress), origin, host, userAgent };
  }
  if (!trustedProxies.includes(socketAddress.replace(/^::ffff:/, ""))) return undefined;
  const chain = request.headers["x-forwarded-for"];
  const address = (Array.isArray(chain) ? chain.join(",") : (chain ?? "")).split(",").at(-1)?.trim();
  if (address === undefined || !/^[0-9a-fA-F:.]{2,45}$/.test(address)) return undefined;
  // Whatever a proxy forwards came from elsewhere, also when it claims the loopback.
  return { address, isLoopback: false, origin, host, userAgent };
}
