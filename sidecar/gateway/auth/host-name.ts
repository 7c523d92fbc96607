import { zoneOf } from "./address-zone.ts";

/**
 * What the name in a Host header or an origin can be.
 * - `loopback`: this computer and no other.
 * - `private`: an address, or a name that public DNS does not give out. No web page can make it mean another computer.
 * - `public`: a name whose owner decides what it means, also from one moment to the next (DNS rebinding).
 */
export type HostKind = "loopback" | "private" | "public";

/** RFC 6761, RFC 6762, RFC 8375, ICANN's reservation of `.internal`, and tailnet names, which only Tailscale gives out. */
const RESERVED = /[^.]\.(?:local|internal|home\.arpa|ts\.net)$/;

/** The name of a Host header without its port; undefined when it is none. */
export function hostNameOf(host: string): string | undefined {
  const url = /^[^\s/?#@\\]+$/.test(host) && URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
  return url?.hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
}

export function hostKindOf(name: string): HostKind {
  if (name === "localhost" || name.endsWith(".localhost")) return "loopback";
  const zone = zoneOf(name);
  if (zone === "loopback") return "loopback";
  if (zone !== undefined || !name.includes(".") || RESERVED.test(name)) return "private";
  return "public";
}
