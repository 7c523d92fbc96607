import { BlockList, isIPv4, isIPv6 } from "node:net";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** RFC 1918, RFC 3927 and RFC 4291 link-local, RFC 6598 (CGNAT, which tailnets use), RFC 4193. */
const nearby = new BlockList();
for (const [net, bits] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  ["100.64.0.0", 10],
] as const) {
  nearby.addSubnet(net, bits, "ipv4");
}
nearby.addSubnet("fe80::", 10, "ipv6");
nearby.addSubnet("fc00::", 7, "ipv6");

/** Where a literal IP address lies: on this computer, in a network that is not the public internet, or anywhere. */
export function zoneOf(address: string): "loopback" | "nearby" | "public" {
  const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
  if (family === undefined) return "public";
  if (loopback.check(address, family)) return "loopback";
  return nearby.check(address, family) ? "nearby" : "public";
}

/** True for names that by their ending can only mean this computer, the local network or a tailnet. */
export function isNearbyName(name: string): boolean {
  const lower = name.toLowerCase().replace(/\.$/, "");
  return lower === "localhost" || /[^.]\.(?:localhost|local|ts\.net)$/.test(lower);
}
