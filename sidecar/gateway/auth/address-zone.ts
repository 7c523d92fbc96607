import { addressList, familyOf, plainAddress } from "../../config/address-list.ts";

const LOOPBACK = addressList(["127.0.0.0/8", "::1"]);
/** RFC 1918, RFC 3927, RFC 6598 (CGNAT, which tailnets use), RFC 4193, RFC 4291 link-local. */
const NEARBY = addressList([
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "100.64.0.0/10",
  "fc00::/7",
  "fe80::/10",
]);

/** Where an IP address lies; undefined when it is none. */
export function zoneOf(address: string): "loopback" | "nearby" | "public" | undefined {
  const plain = plainAddress(address);
  if (familyOf(plain) === undefined) return undefined;
  if (LOOPBACK?.has(plain) === true) return "loopback";
  return NEARBY?.has(plain) === true ? "nearby" : "public";
}
