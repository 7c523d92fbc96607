import type { IncomingHttpHeaders } from "node:http";
import { familyOf, plainAddress } from "../../config/address-list.ts";
import type { Perimeter } from "./perimeter.ts";
import { zoneOf } from "./address-zone.ts";

/** Headers by which a proxy tells where a request came from. Their presence alone says that it did not come straight. */
const FORWARDING = /^(?:forwarded|x-real-ip|x-forwarded-.+|tailscale-.+)$/;

export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return Object.keys(headers).some((name) => FORWARDING.test(name));
}

/**
 * The client that a trusted proxy names: the last address of `X-Forwarded-For` that is no trusted proxy itself, since
 * whatever stands before it may be the client's own invention.
 * @returns undefined when there is none, or it claims to be this computer
 */
export function forwardedClient(headers: IncomingHttpHeaders, perimeter: Perimeter): string | undefined {
  const chain = listOf(headers["x-forwarded-for"]);
  if (chain.length === 0) {
    const real = perimeter.allowRealIpFallback ? listOf(headers["x-real-ip"]).at(-1) : undefined;
    return real === undefined ? undefined : clientOf(real);
  }
  const hops = chain.map(plainHop);
  if (hops.includes(undefined)) return undefined;
  const client = hops.findLast((hop) => hop !== undefined && !perimeter.trustedProxies.has(hop)) ?? hops[0];
  return client === undefined ? undefined : clientOf(client);
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  const text = typeof value === "string" ? value : (value ?? []).join(",");
  return text.trim() === "" ? [] : text.split(",").map((item) => item.trim());
}

/** One hop: an address, as some proxies write it with a port. */
function plainHop(hop: string): string | undefined {
  const bare = /^\[(.+)\](?::\d{1,5})?$/.exec(hop)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(hop)?.[1] ?? hop;
  const address = plainAddress(bare);
  return familyOf(address) === undefined ? undefined : address;
}

/** Whatever a proxy forwards came from elsewhere: a claim to be the loopback is a lie or a mistake. */
function clientOf(hop: string): string | undefined {
  const address = plainHop(hop);
  return address === undefined || zoneOf(address) === "loopback" ? undefined : address;
}
