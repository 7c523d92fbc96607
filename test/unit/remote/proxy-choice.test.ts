import { describe, expect, it } from "vitest";
import { type ProxySettings, proxyFor } from "../../../remote/net/proxy-choice.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";

const URL = "wss://gateway.example:8443";
const choose = (url: string, settings: Partial<ProxySettings>) =>
  proxyFor(parseGatewayUrl(url), { env: {}, ...settings });

describe("the proxy for a Gateway", () => {
  it.each([
    ["proxy.example", { host: "proxy.example", port: 80, secure: false }],
    ["http://proxy.example:3128/", { host: "proxy.example", port: 3128, secure: false }],
    ["https://proxy.example", { host: "proxy.example", port: 443, secure: true }],
    ["http://[fd00::1]:3128", { host: "fd00::1", port: 3128, secure: false }],
  ])("is what the setting says: %s", (proxy, expected) => {
    expect(choose(URL, { proxy })).toMatchObject({ ...expected, strict: true, authorization: undefined });
  });

  it("is that of the environment when the settings have none", () => {
    expect(choose(URL, { env: { HTTPS_PROXY: "http://a:1" } })?.host).toBe("a");
    expect(choose(URL, { env: { ALL_PROXY: "http://b:1" } })?.host).toBe("b");
    expect(choose(URL, { proxy: "http://c:1", env: { HTTPS_PROXY: "http://a:1" } })?.host).toBe("c");
    expect(choose(URL, { env: { HTTP_PROXY: "http://a:1" } }), "it is for http:// alone").toBeUndefined();
    expect(choose(URL, {})).toBeUndefined();
  });

  it("is signed in to with what its address has, or with what is set apart from it", () => {
    const proxy = "http://ann:p%40ss@proxy.example:3128";
    expect(choose(URL, { proxy })?.authorization).toBe(`Basic ${Buffer.from("ann:p@ss").toString("base64")}`);
    expect(choose(URL, { proxy, authorization: "Basic eA==" })?.authorization).toBe("Basic eA==");
  });

  it.each([
    "ws://192.168.1.20:18789",
    "wss://127.0.0.1",
    "wss://10.0.0.5",
    "wss://box.tail1234.ts.net",
    "wss://box.local",
  ])("is none for %s, which it could not or must not see", (url) => {
    expect(choose(url, { proxy: "http://proxy.example:3128" })).toBeUndefined();
  });

  it.each(["*", "gateway.example", ".example", "*.example", "example", "gateway.example:8443", " GATEWAY.example "])(
    "is none where noProxy says %j",
    (entry) => {
      expect(choose(URL, { proxy: "http://p:1", noProxy: ["other.example", entry] })).toBeUndefined();
      expect(choose(URL, { env: { https_proxy: "http://p:1", NO_PROXY: `a,${entry}` } })).toBeUndefined();
    },
  );

  it.each(["other.example", "way.example", "gateway.example:443", "ateway.example", "10.0.0.0/8", ""])(
    "is used although noProxy says %j",
    (entry) => {
      expect(choose(URL, { proxy: "http://p:1", noProxy: [entry] })?.host).toBe("p");
    },
  );

  it("is none for an address of a network that noProxy names", () => {
    const of = (noProxy: string) => choose("wss://203.0.113.9", { proxy: "http://p:1", noProxy: [noProxy] });
    expect(of("203.0.113.0/24")).toBeUndefined();
    expect(of("203.0.113.9")).toBeUndefined();
    for (const entry of ["203.0.112.0/24", "203.0.113.0/99", "2001:db8::/32", "x/8"]) expect(of(entry)?.host).toBe("p");
  });

  it.each(["ftp://proxy.example", "http://", "http://a b", "http://p:0", "http://p:99999", "http://user:secret@"])(
    "that cannot be one (%j) is refused without repeating it",
    (proxy) => {
      expect(() => choose(URL, { proxy })).toThrow(/^the proxy that is set is no http:\/\//);
    },
  );
});
