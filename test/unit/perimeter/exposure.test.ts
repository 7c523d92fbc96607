import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveBind } from "../../../sidecar/config/bind.ts";
import { parseConfig } from "../../../sidecar/config/config.ts";
import { chooseAuth } from "../../../sidecar/config/credentials.ts";
import { checkExposure } from "../../../sidecar/config/exposure.ts";
import { parseRunFlags } from "../../../sidecar/config/flags.ts";

const around = { interfaces: {}, isContainer: false };

/** What a start with these flags, this `gateway` section and this environment would open, or its refusal. */
function expose(args: readonly string[], gateway: object = {}, env: Record<string, string> = {}): string {
  const flags = parseRunFlags(args);
  const config = parseConfig({ gateway }, "/c");
  const auth = chooseAuth(flags, config, env);
  const bind = resolveBind(flags.bind ?? config.bind ?? "loopback", config.customBindHost, around);
  checkExposure({ bind, auth, tailscale: flags.tailscale ?? config.tailscale ?? "off" }, config);
  return auth.mode;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exposure-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("beyond the loopback", () => {
  it.each([
    [["--bind", "lan"], {}, {}],
    [["--bind", "lan"], { auth: { mode: "token" } }, {}],
    [[], { bind: "custom", customBindHost: "192.168.1.5" }, {}],
    [["--bind", "lan"], { remote: { token: "a-token-for-clients", password: "another" } }, {}],
    [["--bind", "lan", "--auth", "none"], {}, {}],
    [["--bind", "lan"], { auth: { mode: "none" } }, { OPENCLAW_GATEWAY_TOKEN: "given-but-switched-off" }],
  ])("%j with %j is refused without a token or password", (args, gateway, env) => {
    expect(() => expose(args, gateway, env)).toThrow(/gateway\.bind "\w+" \(.*\) lets other computers in/);
  });

  it.each([
    [["--bind", "lan"], {}, { OPENCLAW_GATEWAY_TOKEN: "chosen-token" }, "token"],
    [["--bind", "lan"], {}, { OPENCLAW_GATEWAY_PASSWORD: "chosen-password" }, "password"],
    [["--bind", "lan", "--token", "chosen-token"], {}, {}, "token"],
    [[], { bind: "lan", auth: { token: "chosen-token" } }, {}, "token"],
    [
      [],
      {
        bind: "lan",
        trustedProxies: ["10.0.0.1"],
        auth: { mode: "trusted-proxy", trustedProxy: { userHeader: "x-u" } },
      },
      {},
      "trusted-proxy",
    ],
  ])("%j with %j is allowed", (args, gateway, env, mode) => {
    expect(expose(args, gateway, env)).toBe(mode);
  });

  it("is what `tailnet` is not when there is no tailnet", () => {
    expect(expose(["--bind", "tailnet"])).toBe("token");
  });
});

describe("on the loopback", () => {
  it("nobody has to choose anything, and `none` is allowed", () => {
    expect(expose([])).toBe("token");
    expect(expose(["--auth", "none"])).toBe("none");
    expect(expose([], { remote: { token: "for-clients" } })).toBe("token");
  });
});

describe("Tailscale", () => {
  it.each([
    [["--tailscale", "funnel"], {}, /needs a password, not "token"/],
    [["--tailscale", "funnel", "--auth", "none"], {}, /needs a password, not "none"/],
    [["--tailscale", "serve", "--auth", "none"], {}, /with gateway\.auth\.mode "none" asks nobody/],
    [["--tailscale", "serve", "--bind", "lan", "--token", "abcdefgh"], {}, /needs the Gateway on loopback/],
    [["--tailscale", "serve", "--bind", "tailnet"], {}, /needs the Gateway on loopback/],
    [
      ["--tailscale", "serve"],
      { trustedProxies: ["10.0.0.1"], auth: { mode: "trusted-proxy", trustedProxy: { userHeader: "x-u" } } },
      /is itself the proxy/,
    ],
  ])("%j is refused when it would let strangers in", (args, gateway, sentence) => {
    expect(() => expose(args, gateway)).toThrow(sentence);
  });

  it("is allowed with a token for the tailnet and with a password for the internet", () => {
    expect(expose(["--tailscale", "serve"])).toBe("token");
    expect(expose(["--tailscale", "funnel", "--password", "long enough"])).toBe("password");
    expect(expose(["--tailscale", "off"], { tailscale: { mode: "funnel" } })).toBe("token");
  });
});

describe("the choice of a secret", () => {
  it.each([
    [{ auth: { password: "configured" } }, {}, "password"],
    [{ auth: { token: "configured" } }, {}, "token"],
    [{ auth: { token: "a", password: "b", mode: "password" } }, {}, "password"],
    [{ auth: { mode: "token", password: "b" } }, {}, "token"],
  ])("follows %j", (gateway, env, mode) => {
    expect(expose([], gateway, env)).toBe(mode);
  });

  it("is not guessed when a token and a password are both there", () => {
    expect(() => expose([], { auth: { token: "aaaa", password: "bbbb" } })).toThrow(/say which one counts/);
    expect(() => expose([], { auth: { token: "aaaa" } }, { OPENCLAW_GATEWAY_PASSWORD: "bbbb" })).toThrow(/say which/);
    expect(expose(["--auth", "token"], { auth: { token: "aaaa", password: "bbbb" } })).toBe("token");
    expect(expose(["--token", "cccc"], { auth: { password: "bbbb" } })).toBe("token");
  });

  it.each([
    "undefined",
    "null",
    "your-token",
    "YOUR_GATEWAY_TOKEN",
    "replace-me",
    "change me",
    "<token>",
    "replace-with-a-long-random-token",
  ])("refuses the placeholder %s", (token) => {
    expect(() => expose([], { auth: { token } })).toThrow(/is a placeholder/);
    expect(() => expose([], {}, { OPENCLAW_GATEWAY_TOKEN: token })).toThrow(/is a placeholder/);
  });

  it("takes a password from a file, by its first line", () => {
    const file = join(folder, "password");
    writeFileSync(file, "from the file\nnot this");
    const chosen = chooseAuth(parseRunFlags(["--password-file", file]), parseConfig({}, "/c"), {});
    expect(chosen).toEqual({ mode: "password", secret: { value: "from the file", origin: "file" } });
  });

  it("does not mix a token with a proxy that says who people are", () => {
    const gateway = {
      trustedProxies: ["10.0.0.1"],
      auth: { mode: "trusted-proxy", trustedProxy: { userHeader: "x-u" } },
    };
    expect(() => expose([], gateway, { OPENCLAW_GATEWAY_TOKEN: "abcdefgh" })).toThrow(/a token is set as well/);
    expect(() => expose([], { ...gateway, auth: { ...gateway.auth, token: "abcdefgh" } })).toThrow(/a token is set/);
  });

  it("believes no proxy that is not named", () => {
    expect(() => expose([], { auth: { mode: "trusted-proxy", trustedProxy: { userHeader: "x-u" } } })).toThrow(
      /needs gateway\.trustedProxies/,
    );
    expect(() => expose(["--auth", "trusted-proxy"], { trustedProxies: ["10.0.0.1"] })).toThrow(/userHeader/);
  });
});

describe("a gateway section", () => {
  it.each([
    [{ trustedProxies: ["10.0.0.1", "nginx"] }, /trustedProxies "nginx" is neither an address nor a range/],
    [{ trustedProxies: ["10.0.0.0/33"] }, /is neither/],
    [{ controlUi: { allowedOrigins: ["panel.example"] } }, /allowedOrigins "panel\.example" is no origin/],
    [{ controlUi: { allowedOrigins: ["https://panel.example/path"] } }, /is no origin/],
    [{ publicOrigin: "ftp://x" }, /publicOrigin "ftp:\/\/x" is no origin/],
    [{ tls: { enabled: true, certPath: "/c.pem" } }, /tls\.keyPath is missing/],
    [{ auth: { trustedProxy: {} } }, /trustedProxy\.userHeader is missing/],
    [{ auth: { trustedProxy: { userHeader: "x user" } } }, /"x user" is no header name/],
    [{ auth: { identityScopes: { "a@b.c": ["admin"] } } }, /"admin" is no operator scope/],
    [{ http: { securityHeaders: { strictTransportSecurity: "a\nb" } } }, /strictTransportSecurity must be/],
    [{ $include: "./auth.json5" }, /uses "\$include"/],
  ])("that says %j is refused with the place and the reason", (gateway, sentence) => {
    expect(() => parseConfig({ gateway }, "/c")).toThrow(sentence);
  });
});
