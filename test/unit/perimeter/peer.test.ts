import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../sidecar/config/config.ts";
import { type PeerVerdict, readPeer } from "../../../sidecar/gateway/auth/peer.ts";
import { perimeterOf } from "../../../sidecar/gateway/auth/perimeter.ts";

interface From {
  readonly remote?: string;
  readonly local?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly gateway?: object;
  readonly mode?: string;
}

/** How a request with these headers is taken, from one address to another. */
function read({
  remote = "127.0.0.1",
  local = "127.0.0.1",
  headers = {},
  gateway = {},
  mode = "token",
}: From): PeerVerdict {
  const all = { host: "127.0.0.1:18789", ...headers };
  const request = {
    headers: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value].flat().join(", ")])),
    headersDistinct: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value].flat()])),
    socket: { remoteAddress: remote, localAddress: local },
  } as unknown as IncomingMessage;
  return readPeer(request, perimeterOf(parseConfig({ gateway }, "/c"), mode));
}

const why = (verdict: PeerVerdict): string | undefined => (verdict.ok ? undefined : verdict.why);
const peerOf = (verdict: PeerVerdict) => (verdict.ok ? verdict.peer : undefined);
const proxied = { trustedProxies: ["127.0.0.1", "10.0.0.0/8"] };

describe("a request that comes straight", () => {
  it("from this computer is local, however the address is written", () => {
    for (const remote of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
      expect(peerOf(read({ remote }))).toMatchObject({ isLoopback: true, isOutward: false });
    }
  });

  it("from elsewhere is not, nor one to an outward address of this computer", () => {
    expect(peerOf(read({ remote: "192.168.1.9", local: "192.168.1.5" }))).toMatchObject({
      address: "192.168.1.9",
      isLoopback: false,
      isOutward: true,
    });
    expect(peerOf(read({ remote: "100.64.0.5", local: "100.64.0.5" }))).toMatchObject({ isLoopback: false });
  });

  it("of a page is local only when the page is of this computer", () => {
    const page = (host: string) => read({ headers: { host, origin: `http://${host}` } });
    expect(peerOf(page("localhost:18789"))).toMatchObject({ isLoopback: true });
    expect(peerOf(page("192.168.1.5:18789"))).toMatchObject({ isLoopback: false });
    expect(peerOf(page("devbox.local:18789"))).toMatchObject({ isLoopback: false });
  });
});

describe("a Host of public DNS", () => {
  it("on the loopback is a rebound page, with and without an Origin", () => {
    expect(why(read({ headers: { host: "evil.example" } }))).toMatch(/Host of public DNS/);
    expect(why(read({ headers: { host: "evil.example:18789", origin: "http://evil.example:18789" } }))).toMatch(/Host/);
    expect(why(read({ headers: { host: "127.0.0.1.evil.example" } }))).toMatch(/Host/);
    expect(why(read({ headers: { host: "a b" } }))).toMatch(/malformed Host/);
  });

  it("is ours when the config says so", () => {
    const gateway = { controlUi: { allowedOrigins: ["https://gw.example"] }, publicOrigin: "https://public.example" };
    expect(why(read({ gateway, headers: { host: "gw.example" } }))).toBeUndefined();
    expect(why(read({ gateway, headers: { host: "Public.Example:443" } }))).toBeUndefined();
    expect(why(read({ gateway, headers: { host: "other.example" } }))).toMatch(/Host/);
  });

  it("is how other computers may call this one", () => {
    expect(why(read({ remote: "192.168.1.9", local: "192.168.1.5", headers: { host: "gw.example" } }))).toBeUndefined();
  });
});

describe("forwarding headers", () => {
  it.each([
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "tailscale-user-login",
  ])("of an untrusted peer are refused: %s", (name) => {
    expect(read({ headers: { [name]: "203.0.113.9" } })).toMatchObject({ ok: false, isForwarded: true });
    expect(read({ remote: "203.0.113.4", headers: { [name]: "10.0.0.1" }, gateway: proxied })).toMatchObject({
      ok: false,
    });
  });

  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["6.6.6.6, 203.0.113.9", "203.0.113.9"],
    ["203.0.113.9, 10.0.0.7", "203.0.113.9"],
    ["203.0.113.9:4711", "203.0.113.9"],
    ["[2001:db8::1]:4711", "2001:db8::1"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["10.0.0.7", "10.0.0.7"],
    ["127.0.0.1", undefined],
    ["203.0.113.9, 127.0.0.1", "203.0.113.9"],
    ["::1", undefined],
    ["unknown", undefined],
    ["203.0.113.9, nonsense", undefined],
    ["", undefined],
    ["-", undefined],
  ])("of a trusted one name the client by the last hop that is no proxy: %j is %s", (chain, client) => {
    const verdict = read({ headers: { "x-forwarded-for": chain, "x-forwarded-proto": "https" }, gateway: proxied });
    expect(peerOf(verdict)?.address).toBe(client);
    expect(peerOf(verdict)?.isLoopback).toBe(client === undefined ? undefined : false);
  });

  it("use X-Real-IP only when the config wants it", () => {
    const headers = { "x-real-ip": "203.0.113.9" };
    expect(why(read({ headers, gateway: proxied }))).toMatch(/names no client/);
    expect(peerOf(read({ headers, gateway: { ...proxied, allowRealIpFallback: true } }))?.address).toBe("203.0.113.9");
  });
});

describe("a proxy that says who somebody is", () => {
  const auth = { mode: "trusted-proxy", trustedProxy: { userHeader: "X-Auth-User", requiredHeaders: ["x-proxy-key"] } };
  const forwarded = { "x-forwarded-for": "203.0.113.9", "x-proxy-key": "k", "x-auth-user": "nick@example.com" };
  const identity = (from: From) =>
    peerOf(
      read({
        remote: "10.0.0.2",
        local: "10.0.0.1",
        mode: "trusted-proxy",
        gateway: { ...proxied, auth },
        headers: forwarded,
        ...from,
      }),
    )?.identity;

  it("is believed", () => {
    expect(identity({})).toEqual({ ok: true, by: "trusted-proxy", user: "nick@example.com" });
  });

  it("is not asked in another mode", () => expect(identity({ mode: "token" })).toBeUndefined());

  it.each([
    [{ remote: "127.0.0.1" }, "trusted_proxy_loopback_source"],
    [{ headers: { ...forwarded, "x-proxy-key": " " } }, "trusted_proxy_missing_header_x-proxy-key"],
    [{ headers: { ...forwarded, "x-auth-user": "" } }, "trusted_proxy_user_missing"],
    [
      { headers: { ...forwarded, "x-auth-user": ["nick@example.com", "boss@example.com"] } },
      "trusted_proxy_user_missing",
    ],
    [{ headers: { ...forwarded, "x-auth-user": "u".repeat(400) } }, "trusted_proxy_user_missing"],
    [
      {
        gateway: {
          ...proxied,
          auth: { ...auth, trustedProxy: { ...auth.trustedProxy, allowUsers: ["boss@example.com"] } },
        },
      },
      "trusted_proxy_user_not_allowed",
    ],
  ])("is not believed when %j", (from, reason) => {
    expect(identity(from)).toEqual({ ok: false, reason });
  });

  it("on this computer is believed when the config says so", () => {
    const local = { ...proxied, auth: { ...auth, trustedProxy: { ...auth.trustedProxy, allowLoopback: true } } };
    expect(identity({ remote: "127.0.0.1", gateway: local })).toMatchObject({ ok: true });
  });

  it("may bound what a person gets", () => {
    const headers = { ...forwarded, "x-openclaw-scopes": "operator.read, operator.write" };
    expect(identity({ headers })).toMatchObject({ cap: ["operator.read", "operator.write"] });
    expect(identity({ headers: { ...forwarded, "x-openclaw-scopes": "" } })).toMatchObject({ cap: [] });
  });

  it("cannot be played by naming the user alone", () => {
    expect(identity({ headers: { "x-auth-user": "nick@example.com", "x-proxy-key": "k" } })).toBeUndefined();
  });
});
