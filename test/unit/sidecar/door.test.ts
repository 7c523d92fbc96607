import { describe, expect, it } from "vitest";
import { refuseOrigin } from "../../../sidecar/gateway/auth/origin.ts";
import { AuthRateLimit } from "../../../sidecar/gateway/auth/rate-limit.ts";
import { covers } from "../../../sidecar/gateway/auth/scopes.ts";
import { checkSharedSecret } from "../../../sidecar/gateway/auth/shared-secret.ts";

describe("a scope", () => {
  it.each([
    [["operator.read"], "operator.read", true],
    [["operator.write"], "operator.read", true],
    [["operator.admin"], "operator.pairing", true],
    [["operator.read"], "operator.write", false],
    [["operator.write"], "operator.approvals", false],
    [["operator.bogus"], "operator.read", false],
    [["operator.admin"], "node.anything", false],
    [[], "operator.read", false],
  ])("%j covers %s: %s", (granted, wanted, covered) => {
    expect(covers(granted, wanted)).toBe(covered);
  });
});

describe("the shared secret", () => {
  const token = { mode: "token", value: "right" } as const;
  it.each([
    [{ token: "right" }, "ok"],
    [{ password: "right" }, "ok"],
    [{ token: " right\n" }, "ok"],
    [{ token: "right", password: "wrong" }, "ok"],
    [{ token: "wrong", password: "right" }, "mismatch"],
    [{ token: "Right" }, "mismatch"],
    [{ token: "" }, "missing"],
    [{ deviceToken: "right" }, "missing"],
    [undefined, "missing"],
  ])("given as %j is %s", (auth, verdict) => {
    expect(checkSharedSecret(token, auth)).toBe(verdict);
  });

  it("that is a password is looked for in the password field first", () => {
    const password = { mode: "password", value: "right" } as const;
    expect(checkSharedSecret(password, { token: "wrong", password: "right" })).toBe("ok");
    expect(checkSharedSecret(password, { token: "right" })).toBe("ok");
  });
});

describe("an origin", () => {
  const HOST = "127.0.0.1:18789";
  it.each([
    [undefined, HOST, undefined],
    ["http://127.0.0.1:18789", HOST, undefined],
    ["http://localhost:18789", "localhost:18789", undefined],
    ["https://panel.example", HOST, undefined],
    ["http://127.0.0.1:9999", HOST, "origin not allowed"],
    ["http://evil.example", HOST, "origin not allowed"],
    ["http://evil.example:18789", "evil.example:18789", "origin not allowed"],
    ["http://127.0.0.1.evil.example:18789", "127.0.0.1.evil.example:18789", "origin not allowed"],
    ["http://127.0.0.1:18789", undefined, "origin not allowed"],
    ["vscode-webview://abc", HOST, "origin not allowed"],
    ["file://", HOST, "origin not allowed"],
    ["null", HOST, "origin missing or invalid"],
    ["", HOST, "origin missing or invalid"],
  ])("%s at %s: %s", (origin, host, refusal) => {
    const around = { host, allowed: ["https://panel.example"], isOutward: false };
    expect(refuseOrigin(origin, around)).toBe(refusal);
  });
});

describe("the rate limit", () => {
  const config = { maxAttempts: 3, windowMs: 1_000, lockoutMs: 5_000, exemptLoopback: true };

  it("locks a peer out after too many failures in its window, and lets it try again later", () => {
    const limit = new AuthRateLimit(config);
    for (const now of [0, 400, 800]) limit.noteFailure("peer", now);
    expect(limit.lockedFor("peer", 800)).toBe(5_000);
    expect(limit.lockedFor("peer", 5_799)).toBe(1);
    expect(limit.lockedFor("peer", 5_800)).toBe(0);
    expect(limit.lockedFor("somebody else", 800)).toBe(0);
  });

  it("forgets failures that are older than the window, and all of them after a success", () => {
    const limit = new AuthRateLimit(config);
    for (const now of [0, 600, 1_200, 1_900, 2_500]) limit.noteFailure("slow", now);
    expect(limit.lockedFor("slow", 2_500)).toBe(0);
    for (const now of [0, 1]) limit.noteFailure("peer", now);
    limit.noteSuccess("peer");
    limit.noteFailure("peer", 2);
    expect(limit.lockedFor("peer", 2)).toBe(0);
  });

  it("does not let a local program lock the owner out, but a web page can lock out only itself", () => {
    const limit = new AuthRateLimit(config);
    const local = { address: "127.0.0.1", isLoopback: true };
    expect(limit.keyOf({ ...local, origin: undefined })).toBeUndefined();
    expect(limit.keyOf({ ...local, origin: "http://a.example" })).not.toBe(
      limit.keyOf({ ...local, origin: "http://b.example" }),
    );
    expect(limit.keyOf({ address: "203.0.113.5", isLoopback: false, origin: undefined })).toBe("address 203.0.113.5");
    expect(new AuthRateLimit({ ...config, exemptLoopback: false }).keyOf({ ...local, origin: undefined })).toBe(
      "address 127.0.0.1",
    );
  });

  it("remembers a bounded number of peers", () => {
    const limit = new AuthRateLimit({ ...config, maxAttempts: 1 });
    for (let peer = 0; peer <= 10_000; peer++) limit.noteFailure(`peer ${peer}`, 0);
    expect(limit.lockedFor("peer 0", 0)).toBe(0);
    expect(limit.lockedFor("peer 1", 0)).toBe(5_000);
  });
});
