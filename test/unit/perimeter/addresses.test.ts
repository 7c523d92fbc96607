import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressList } from "../../../sidecar/config/address-list.ts";
import { zoneOf } from "../../../sidecar/gateway/auth/address-zone.ts";
import { hostKindOf, hostNameOf } from "../../../sidecar/gateway/auth/host-name.ts";

describe("a list of addresses", () => {
  it.each([
    ["10.0.0.0/8", "10.1.2.3", true],
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "11.1.2.3", false],
    ["::ffff:0:0/96", "203.0.113.7", true],
    ["::ffff:0:0/96", "::ffff:203.0.113.7", true],
    ["::ffff:0:0/96", "2001:db8::1", false],
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.2", false],
    ["2001:db8::/32", "2001:db8:1::1", true],
    ["2001:db8::/32", "10.0.0.1", false],
    ["::1", "::1", true],
    ["0.0.0.0/0", "8.8.8.8", true],
    ["fe80::1", "fe80::1%eth0", true],
  ])("%s has %s: %s", (entry, address, isIn) => {
    expect(addressList([entry])?.has(address)).toBe(isIn);
  });

  it.each(["", "nginx", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0", "::ffff:10.0.0.0/8", "10.0.0.0/"])(
    "is none with %j in it",
    (entry) => expect(addressList([entry])).toBeUndefined(),
  );

  it("holds whatever lies in its range and nothing else", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 }), (net, address, bits) => {
        const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
        const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
        const expected = (net & mask) >>> 0 === (address & mask) >>> 0;
        expect(addressList([`${dotted(net)}/${bits}`])?.has(dotted(address))).toBe(expected);
      }),
    );
  });
});

describe("an address", () => {
  it.each([
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["::1", "loopback"],
    ["::ffff:127.0.0.1", "loopback"],
    ["192.168.1.1", "nearby"],
    ["100.64.0.1", "nearby"],
    ["fe80::1%eth0", "nearby"],
    ["8.8.8.8", "public"],
    ["0.0.0.0", "public"],
    ["localhost", undefined],
    ["", undefined],
  ])("%s lies in: %s", (address, zone) => expect(zoneOf(address)).toBe(zone));
});

describe("the name in a Host header", () => {
  it.each([
    ["127.0.0.1:18789", "loopback"],
    ["LOCALHOST:1", "loopback"],
    ["[::1]:18789", "loopback"],
    ["localhost.", "loopback"],
    ["ui.localhost", "loopback"],
    ["2130706433", "loopback"],
    ["192.168.1.5:18789", "private"],
    ["8.8.8.8", "private"],
    ["devbox", "private"],
    ["devbox.local:80", "private"],
    ["host.docker.internal:18789", "private"],
    ["box.tail1234.ts.net", "private"],
    ["evil.example", "public"],
    ["127.0.0.1.evil.example", "public"],
    ["localhost.evil.example", "public"],
    [".local", "public"],
    ["xn--lcalhost-15a.example", "public"],
  ])("%s is %s", (host, kind) => expect(hostKindOf(hostNameOf(host) ?? "no.name")).toBe(kind));

  it.each(["", "a b", "user@127.0.0.1", "127.0.0.1/evil.example", "evil.example#127.0.0.1", "a:b:c", "\\\\x"])(
    "is none in %j",
    (host) => expect(hostNameOf(host)).toBeUndefined(),
  );

  it("never makes a name of public DNS our own, whatever stands around it", () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ["http"] }), (url) => {
        const { host, hostname } = new URL(url);
        fc.pre(hostname.includes(".") && !/\.(?:local|internal|arpa|net|localhost)$/.test(hostname));
        expect(hostKindOf(hostNameOf(host) ?? "no.name")).toBe("public");
      }),
    );
  });
});
