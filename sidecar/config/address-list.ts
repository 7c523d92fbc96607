import { BlockList, isIPv4, isIPv6 } from "node:net";

/** A set of addresses and ranges. IPv4 in its IPv6 form (`::ffff:10.0.0.1`) is the same as plain IPv4. */
export interface AddressList {
  has(address: string): boolean;
}

const MAPPED = /^::ffff:(?=[\d.]+$)/i;
/** The bits of an IPv6 range that say no more than that it is a mapped IPv4 one. */
const MAPPED_BITS = 96;

/** An address without the IPv6 clothes of an IPv4 one, and without a zone. */
export function plainAddress(address: string): string {
  return address.replace(/%.*$/, "").replace(MAPPED, "");
}

/** Reads addresses and CIDR ranges. Undefined when one of them is neither. */
export function addressList(entries: readonly string[]): AddressList | undefined {
  const list = new BlockList();
  for (const entry of entries) {
    const [given = "", bits, ...rest] = entry.trim().split("/");
    if (rest.length > 0) return undefined;
    const address = plainAddress(given);
    const family = familyOf(address);
    const full = family === "ipv4" ? 32 : 128;
    if (family === undefined || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined;
    const isMapped = address !== given && family === "ipv4";
    const prefix = bits === undefined ? full : Number(bits) - (isMapped ? MAPPED_BITS : 0);
    if (prefix < 0 || prefix > full) return undefined;
    list.addSubnet(address, prefix, family);
  }
  return {
    has(address) {
      const plain = plainAddress(address);
      const family = familyOf(plain);
      return family !== undefined && list.check(plain, family);
    },
  };
}

/** Whether this is an IP address, and which kind. */
export function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  if (isIPv4(address)) return "ipv4";
  return isIPv6(address) ? "ipv6" : undefined;
}
