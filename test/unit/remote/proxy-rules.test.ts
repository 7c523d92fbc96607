import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { proxyRules } from "../../../extension/connection/proxy-settings.ts";
import { type ProxyRules, basicAuthorization, environmentProxy, proxyFor } from "../../../remote/net/proxy-rules.ts";
import { factOf, faultOf, takesOrRefuses } from "./fault-of.ts";

const rules = (url: string | undefined, ...noProxy: readonly string[]): ProxyRules => ({
  url,
  noProxy,
  strictTls: true,
});
const isProxied = (host: string, ...noProxy: readonly string[]): boolean =>
  proxyFor({ host, port: 443 }, rules("http://proxy:3128", ...noProxy)) !== undefined;

describe("the proxy on the way to a Gateway", () => {
  it("is none when none is set", () => {
    for (const url of [undefined, "", "  "])
      expect(proxyFor({ host: "a.example", port: 443 }, rules(url))).toBeUndefined();
  });

  it.each([
    "127.0.0.1",
    "::1",
    "localhost",
    "gateway.localhost",
    "192.168.1.20",
    "fd00::5",
    "box.local",
    "box.tail1.ts.net",
  ])("never stands before %s, which it could not find or must not see", (host) => expect(isProxied(host)).toBe(false));

  it.each([
    ["http://proxy:3128", { secure: false, host: "proxy", port: 3128, origin: "http://proxy:3128" }],
    ["proxy:3128", { secure: false, host: "proxy", port: 3128, origin: "http://proxy:3128" }],
    ["https://Proxy.Example/", { secure: true, host: "Proxy.Example", port: 443, origin: "https://proxy.example:443" }],
    ["http://[fd00::1]:8080", { secure: false, host: "fd00::1", port: 8080, origin: "http://[fd00::1]:8080" }],
  ])("is read from %s", (url, proxy) =>
    expect(proxyFor({ host: "a.example", port: 443 }, rules(url))).toEqual({ ...proxy, credential: undefined }),
  );

  it("takes user and password out of its address, and shows neither", async () => {
    const url = "http://al%40ice:s3%3Acret@proxy:3128";
    const proxy = proxyFor({ host: "a.example", port: 443 }, rules(url));
    expect(proxy?.credential).toEqual({ user: "al@ice", password: "s3:cret" });
    expect(proxy?.origin).toBe("http://proxy:3128");
    const error = await faultOf(() => proxyFor({ host: "a.example", port: 443 }, rules("socks5://alice:s3cret@proxy")));
    expect(error.code).toBe("PROXY_UNSUPPORTED");
    expect(factOf(error, "detail")).toContain("socks5://proxy");
    expect(error.message + String(factOf(error, "detail"))).not.toMatch(/alice|s3cret/);
  });

  it.each([
    "socks5://proxy",
    "pac+https://proxy/x.pac",
    "http://proxy/path",
    "http://proxy:99999",
    "http://a b",
    "http://",
    "http://%zz:x@proxy",
  ])("is refused as %s: without it would be less than what was asked for", async (url) =>
    expect((await faultOf(() => proxyFor({ host: "a.example", port: 443 }, rules(url)))).code).toBe(
      "PROXY_UNSUPPORTED",
    ),
  );

  it("takes or refuses whatever stands there", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), fc.string(), (url, entry) => {
        const isHandled = takesOrRefuses(
          () => proxyFor({ host: "a.example", port: 443 }, rules(url, entry)),
          (proxy) => proxy === undefined || (proxy.port > 0 && !proxy.origin.includes("@")),
        );
        expect(isHandled).toBe(true);
      }),
    );
  });
});

describe("hosts that no proxy is used for", () => {
  it.each([
    ["gw.corp.example", "gw.corp.example", true],
    ["gw.corp.example", "corp.example", true],
    ["gw.corp.example", ".corp.example", true],
    ["gw.corp.example", "*.corp.example", true],
    ["GW.Corp.Example.", "corp.EXAMPLE", true],
    ["gw.corp.example", "orp.example", false],
    ["gw.corp.example.evil.example", "corp.example", false],
    ["gw.corp.example", "gw.corp.example:443", true],
    ["gw.corp.example", "gw.corp.example:8443", false],
    ["203.1.2.3", "203.0.0.0/8", true],
    ["204.1.2.3", "203.0.0.0/8", false],
    ["203.1.2.3", "203.0.0.0/99", false],
    ["203.1.2.3", "2.3", false],
    ["2001:db8::5", "2001:db8::/32", true],
    ["2001:db8::5", "[2001:db8::5]:443", true],
    ["2001:db8::5", "2001:db8::5", true],
    ["gw.corp.example", "*", true],
    ["gw.corp.example", "", false],
    ["gw.corp.example", ".", false],
  ])("%s and the entry %j", (host, entry, isExcepted) => expect(isProxied(host, entry)).toBe(!isExcepted));
});

describe("where it is set", () => {
  const none = {
    proxy: undefined,
    noProxy: undefined,
    proxySupport: undefined,
    proxyStrictSSL: undefined,
    proxyAuthorization: undefined,
  };
  const environment = environmentProxy({ HTTPS_PROXY: "http://env:1", no_proxy: "a.example, b.example" });

  it("reads the environment in either case, HTTPS_PROXY first", () => {
    expect(environment).toEqual({ url: "http://env:1", noProxy: ["a.example", "b.example"], strictTls: true });
    expect(environmentProxy({ HTTPS_PROXY: "", https_proxy: "http://low:1", HTTP_PROXY: "http://http:1" }).url).toBe(
      "http://low:1",
    );
    expect(environmentProxy({ http_proxy: "http://http:1" }).url).toBe("http://http:1");
  });

  it("takes VS Code's settings before the environment", () => {
    expect(proxyRules(none, environment, () => undefined)).toMatchObject(environment);
    const set = { ...none, proxy: "http://set:2", noProxy: ["c.example"], proxyStrictSSL: false };
    expect(proxyRules(set, environment, () => undefined)).toMatchObject({
      url: "http://set:2",
      noProxy: ["c.example"],
      strictTls: false,
    });
  });

  it("is off when VS Code's proxy support is off, whatever the environment says", () => {
    const off = { ...none, proxy: "http://set:2", proxySupport: "off" };
    expect(proxyRules(off, environment, () => undefined).url).toBeUndefined();
  });

  it("tells the log's redaction what is secret in the settings", () => {
    const heard: string[] = [];
    const set = { ...none, proxy: "http://alice:s3cret@set:2", proxyAuthorization: "Basic YWxpY2U6czNjcmV0" };
    proxyRules(set, environment, (value) => heard.push(value));
    expect(heard).toEqual(["s3cret", "Basic YWxpY2U6czNjcmV0"]);
  });
});

it("Basic cannot carry a colon in the user, nor a line break", () => {
  expect(basicAuthorization({ user: "alice", password: "a:b" })).toBe("Basic YWxpY2U6YTpi");
  expect(basicAuthorization({ user: "al:ice", password: "x" })).toBeUndefined();
  expect(basicAuthorization({ user: "alice", password: "x\r\nHost: evil" })).toBeUndefined();
});
