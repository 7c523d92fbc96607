import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GatewayUrl, assertNearby, parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { faultOf, takesOrRefuses } from "./fault-of.ts";

describe("a Gateway URL", () => {
  it.each([
    ["ws://127.0.0.1:18789", "ws://127.0.0.1:18789/"],
    ["ws://localhost:18789/", "ws://localhost:18789/"],
    ["ws://[::1]:18789", "ws://[::1]:18789/"],
    ["ws://192.168.0.202:18789", "ws://192.168.0.202:18789/"],
    ["ws://10.1.2.3", "ws://10.1.2.3/"],
    ["ws://172.31.0.1:1", "ws://172.31.0.1:1/"],
    ["ws://169.254.1.1:1", "ws://169.254.1.1:1/"],
    ["ws://100.100.1.2:18789", "ws://100.100.1.2:18789/"],
    ["ws://[fd7a:115c:a1e0::1]:18789", "ws://[fd7a:115c:a1e0::1]:18789/"],
    ["ws://box.local:18789", "ws://box.local:18789/"],
    ["ws://box.tail1234.ts.net:18789", "ws://box.tail1234.ts.net:18789/"],
    ["wss://gateway.example", "wss://gateway.example/"],
    ["WSS://gateway.example:443/openclaw", "wss://gateway.example/openclaw"],
    ["wss://8.8.8.8:8443/a/b", "wss://8.8.8.8:8443/a/b"],
  ])("%s is read", (text, href) => {
    expect(parseGatewayUrl(text).href).toBe(href);
  });

  it.each([
    "ws://gateway.example:18789",
    "ws://8.8.8.8",
    "ws://172.32.0.1",
    "ws://100.128.0.1",
    "ws://[2001:db8::1]:1",
    "ws://[::ffff:8.8.8.8]:1",
    "ws://0.0.0.0:18789",
    "ws://local",
    "ws://evil-local:1",
    "ws://ts.net",
    "ws://localhost.evil.example",
    "ws://127.0.0.1.evil.example",
    "ws://homeserver:18789",
  ])("%s would go in the clear over the internet", async (text) => {
    expect((await faultOf(() => parseGatewayUrl(text))).code).toBe("INSECURE_URL");
  });

  it.each([
    "",
    "gateway.example",
    "http://127.0.0.1:18789",
    "https://gateway.example",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "wss:/gateway.example",
    "wss://",
    "wss://:443",
    "wss://user@gateway.example",
    "wss://user:secret@gateway.example",
    "wss://gateway.example/#token=abc",
    "wss://gateway.example/?token=abc",
    "wss://gateway.example:0",
    "wss://gateway.example:65536",
    "wss://gateway.example:",
    "wss://gateway.example/../x",
    "wss://gateway.example/%2e%2e",
    "wss://gateway.example\\@evil.example",
    "wss://gateway.example /x",
    "wss://gate\tway.example",
    "wss://gateway.example\u202E",
    "wss://gаteway.example", // Cyrillic а
    "ws://127.1:18789",
    "ws://0x7f000001",
    "ws://2130706433",
    "ws://0177.0.0.1",
    "wss://[gateway.example]",
    "wss://[::1",
    `wss://gateway.example/${"a".repeat(3000)}`,
  ])("%j is refused before any socket", async (text) => {
    expect((await faultOf(() => parseGatewayUrl(text))).code).toBe("TARGET_INVALID");
  });

  it("does not repeat a password that stood in it", async () => {
    const error = await faultOf(() => parseGatewayUrl("wss://alice:hunter22@gateway.example"));
    expect(JSON.stringify([error.message, error.facts])).not.toContain("hunter22");
  });

  it("refuses plain ws to a nearby name that resolves to the internet", async () => {
    const url = parseGatewayUrl("ws://box.ts.net:18789");
    expect(() => assertNearby(url, ["100.64.1.2", "fd7a::1"])).not.toThrow();
    expect((await faultOf(() => assertNearby(url, ["100.64.1.2", "8.8.8.8"]))).code).toBe("INSECURE_URL");
    expect(() => assertNearby(parseGatewayUrl("wss://box.ts.net"), ["8.8.8.8"])).not.toThrow();
  });

  it("agrees with the WHATWG parser on what it takes, and fails only with its own error", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.webUrl().map((url) => url.replace(/^http/, "ws")),
      fc.string().map((text) => `wss://${text}`),
      fc
        .tuple(
          fc.oneof(
            fc.domain(),
            fc.ipV4(),
            fc.ipV6().map((ip) => `[${ip}]`),
          ),
          fc.nat(70_000),
        )
        .map(([host, port]) => `wss://${host}:${port}/`),
    );
    const agrees = (url: GatewayUrl): boolean => {
      const other = new URL(url.href);
      const port = other.port === "" ? (url.secure ? 443 : 80) : Number(other.port);
      return (
        other.username === "" && port === url.port && other.pathname === url.path && sameHost(other.hostname, url.host)
      );
    };
    const result = fc.check(
      fc.property(texts, (text) => takesOrRefuses(() => parseGatewayUrl(text), agrees)),
      { numRuns: 500 },
    );
    expect(result.counterexample).toBeNull();
  }, 30_000);
});

/** WHATWG shortens IPv6 and lower-cases names. */
function sameHost(theirs: string, ours: string): boolean {
  return ours.includes(":") ? theirs === new URL(`ws://[${ours}]`).hostname : theirs === ours.toLowerCase();
}
