import { describe, expect, it } from "vitest";
import { type AuthKeeper, authenticate } from "../../../sidecar/gateway/auth/authenticate.ts";
import type { DeviceTokens } from "../../../sidecar/gateway/auth/device-tokens.ts";
import { type GatewayAuth, scopesOfIdentity } from "../../../sidecar/gateway/auth/gateway-auth.ts";
import type { Peer } from "../../../sidecar/gateway/auth/peer.ts";
import { AuthRateLimit } from "../../../sidecar/gateway/auth/rate-limit.ts";
import type { ConnectParams } from "../../../sidecar/gateway/wire.ts";

const peer: Peer = {
  address: "203.0.113.9",
  isLoopback: false,
  isOutward: true,
  origin: undefined,
  host: undefined,
  userAgent: undefined,
};
const local: Peer = { ...peer, address: "127.0.0.1", isLoopback: true, isOutward: false };
const verified = (by: "trusted-proxy" | "tailscale"): Peer => ({
  ...peer,
  identity: { ok: true, by, user: "nick@example.com" },
});
const device = { id: "d", publicKey: "k", signature: "s", signedAt: 0, nonce: "n" };

const TOKEN: GatewayAuth = { mode: "token", value: "right" };
const PROXY: GatewayAuth = { mode: "trusted-proxy", value: "local password" };

/** A house with one device token, "device-token", that lets three wrong tries pass. */
function keeper(auth: GatewayAuth, allowTailscale = true): AuthKeeper {
  const known = {
    deviceId: "d",
    role: "operator",
    scopes: [],
    hash: "",
    generation: 1,
    createdAt: 0,
    rotatedAt: undefined,
    revokedAt: undefined,
  };
  return {
    policy: { auth, allowTailscale, identityScopes: new Map() },
    rateLimit: new AuthRateLimit({ maxAttempts: 3, windowMs: 60_000, lockoutMs: 60_000, exemptLoopback: true }),
    tokens: {
      verify: (_id: string, _role: string, given: string) => (given === "device-token" ? known : undefined),
    } as unknown as DeviceTokens,
  };
}

function attempt(
  house: AuthKeeper,
  from: Peer,
  given: { auth?: Record<string, string>; device?: object } = {},
): string {
  const params = { client: { id: "cli", mode: "cli" }, ...given } as unknown as ConnectParams;
  const result = authenticate(params, "operator", { peer: from, now: 1_000 }, house);
  if (result.ok) return result.method;
  const details = result.error.details;
  return String(details?.["authReason"] ?? details?.["code"]);
}

describe("mode token", () => {
  const house = keeper(TOKEN);
  it.each([
    [{ auth: { token: "right" } }, "token"],
    [{ auth: { password: "right" } }, "token"],
    [{ auth: { token: "wrong" } }, "token_mismatch"],
    [{ auth: { deviceToken: "device-token" }, device }, "device-token"],
    [{ auth: { token: "device-token" }, device }, "device-token"],
    [{ auth: { deviceToken: "device-token" } }, "DEVICE_IDENTITY_REQUIRED"],
    [{ auth: { deviceToken: "old" }, device }, "device_token_mismatch"],
    [{ device }, "token_missing"],
    [{}, "DEVICE_IDENTITY_REQUIRED"],
  ])("%j: %s", (given, result) => expect(attempt(house, local, given)).toBe(result));
});

describe("mode none", () => {
  it("lets in this computer and nobody else", () => {
    expect(attempt(keeper({ mode: "none" }), local)).toBe("none");
    expect(attempt(keeper({ mode: "none" }), peer, { device })).toBe("unauthorized");
    expect(attempt(keeper({ mode: "none" }), { ...local, isLoopback: false })).toBe("DEVICE_IDENTITY_REQUIRED");
  });
});

describe("mode trusted-proxy", () => {
  it("lets in whom the proxy knows, and a program of this computer with the password", () => {
    expect(attempt(keeper(PROXY), verified("trusted-proxy"))).toBe("trusted-proxy");
    expect(attempt(keeper(PROXY), local, { auth: { password: "local password" } })).toBe("password");
  });

  it.each([
    [peer, { auth: { password: "local password" } }, "trusted_proxy_identity_missing"],
    [local, { auth: { token: "wrong" } }, "trusted_proxy_identity_missing"],
    [
      { ...peer, identity: { ok: false, reason: "trusted_proxy_user_not_allowed" } as const },
      {},
      "trusted_proxy_user_not_allowed",
    ],
    [verified("tailscale"), { auth: { token: "x" } }, "tailscale"],
  ])("from %j with %j: %s", (from, given, result) => {
    if (result !== "tailscale") expect(attempt(keeper(PROXY), from, given)).toBe(result);
    else expect(attempt(keeper(PROXY, false), from, given)).not.toBe("tailscale");
  });
});

describe("Tailscale's word", () => {
  it("lets somebody in who shows no secret, when the config allows it", () => {
    expect(attempt(keeper(TOKEN), verified("tailscale"), { device })).toBe("tailscale");
    expect(attempt(keeper(TOKEN, false), verified("tailscale"), { device })).toBe("token_missing");
  });

  it("does not help somebody who shows a wrong one", () => {
    expect(attempt(keeper(TOKEN), verified("tailscale"), { device, auth: { token: "wrong" } })).toBe("token_mismatch");
  });

  it("is not what a proxy says, nor the other way round", () => {
    expect(attempt(keeper(TOKEN), verified("trusted-proxy"), { device })).toBe("token_missing");
  });
});

describe("guessing", () => {
  const wrong = { auth: { token: "wrong" }, device };

  it("is stopped for a while, also when the next one would be right", () => {
    const house = keeper(TOKEN);
    for (let count = 0; count < 3; count++) expect(attempt(house, peer, wrong)).toBe("token_mismatch");
    expect(attempt(house, peer, { auth: { token: "right" } })).toBe("rate_limited");
    expect(attempt(house, { ...peer, address: "203.0.113.10" }, { auth: { token: "right" } })).toBe("token");
    expect(attempt(house, local, { auth: { token: "right" } })).toBe("token");
  });

  it("of one kind of credential leaves the other open", () => {
    const house = keeper(TOKEN);
    for (let count = 0; count < 3; count++) attempt(house, peer, wrong);
    expect(attempt(house, peer, { auth: { deviceToken: "device-token" }, device })).toBe("device-token");
    expect(attempt(house, peer, { auth: { token: "right" } })).toBe("rate_limited");
    const other = keeper(TOKEN);
    for (let count = 0; count < 3; count++) attempt(other, peer, { auth: { deviceToken: "old" }, device });
    expect(attempt(other, peer, { auth: { deviceToken: "device-token" }, device })).toBe("rate_limited");
    expect(attempt(other, peer, { auth: { token: "right" } })).toBe("token");
  });

  it("never counts who shows nothing", () => {
    const house = keeper(TOKEN);
    for (let count = 0; count < 10; count++) attempt(house, peer, { device });
    expect(attempt(house, peer, { auth: { token: "right" } })).toBe("token");
  });

  it("is forgiven after the right one, within its kind", () => {
    const house = keeper(TOKEN);
    for (let round = 0; round < 5; round++) {
      attempt(house, peer, wrong);
      attempt(house, peer, wrong);
      expect(attempt(house, peer, { auth: { token: "right" } })).toBe("token");
    }
  });
});

describe("scopes of a person", () => {
  const scopes = new Map([
    ["Admin@Example.com", ["operator.admin"]],
    ["octocat", ["operator.read"]],
  ]);
  it.each([
    ["admin@example.com", ["operator.admin"]],
    ["octocat", ["operator.read"]],
    ["Octocat", []],
    ["nobody@example.com", []],
    ["constructor", []],
  ])("%s has %j", (user, granted) => expect(scopesOfIdentity(user, scopes)).toEqual(granted));
});
