import { describe, expect, it } from "vitest";
import { nearest } from "../../../sidecar/cli/nearest.ts";
import { doctorLines } from "../../../sidecar/cli/commands/doctor.ts";
import { weakness } from "../../../sidecar/service/doctor/config-checks.ts";
import { reportKeys } from "../../../sidecar/service/doctor/config-keys.ts";
import { wishedExposure } from "../../../sidecar/service/doctor/network.ts";

describe("the doctor on a config", () => {
  it("finds a mistyped key at any depth and says what it meant", () => {
    const raw = {
      gateway: { prot: 1, auth: { tokne: "x" } },
      models: { providers: { ollama: { baseURL: "http://x", models: [{ id: "a", contextWindo: 5 }] } } },
    };
    expect(reportKeys(raw, nearest).unknown).toEqual([
      { path: "gateway.prot", meant: "port" },
      { path: "gateway.auth.tokne", meant: "token" },
      { path: "models.providers.ollama.baseURL", meant: "baseUrl" },
      { path: "models.providers.ollama.models[0].contextWindo", meant: "contextWindow" },
    ]);
  });

  it("takes a whole OpenClaw config as it is, and says which parts have no effect here", () => {
    const raw = { gateway: { mode: "local", remote: { url: "x" } }, channels: { telegram: {} }, tools: {} };
    expect(reportKeys(raw, nearest)).toEqual({ unknown: [], ignored: ["channels", "tools"] });
  });

  it("survives keys that are names of the language", () => {
    const raw: unknown = JSON.parse('{"__proto__":{"a":1},"constructor":2,"gateway":{"toString":1}}');
    expect(reportKeys(raw, nearest).unknown.map(({ path }) => path)).toEqual([
      "__proto__",
      "constructor",
      "gateway.toString",
    ]);
  });
});

describe("the doctor on a secret", () => {
  it.each([
    ["token", "changeme-and-make-me-longer-please", /guessed first/],
    ["token", "k7Gq2", /fewer than 24/],
    ["token", "abababababababababababababab", /different/],
    ["password", "Zw9$kq", /fewer than 12/],
    ["token", "mYmFzGm1mMS1wPq2w0d3B1Wq5f0c7a", undefined],
    ["password", "correct horse battery", undefined],
  ] as const)("judges a %s by how it can be guessed", (mode, value, why) => {
    const said = weakness(mode, value);
    if (why === undefined) expect(said).toBeUndefined();
    else expect(said).toMatch(why);
    expect(said ?? "").not.toContain(value);
  });
});

describe("the doctor on exposure", () => {
  const severities = (gateway: unknown) => wishedExposure({ gateway }).map(({ severity }) => severity);

  it("has nothing to say about loopback with a token", () => {
    expect(wishedExposure({})).toEqual([]);
    expect(severities({ bind: "loopback", auth: { mode: "token" } })).toEqual([]);
  });

  it("calls an open bind without authentication an error, and one without TLS a warning", () => {
    expect(severities({ bind: "lan", auth: { mode: "none" }, tls: { enabled: true } })).toEqual(["error"]);
    expect(severities({ bind: "lan" })).toEqual(["warning"]);
    expect(severities({ bind: "lan", tls: { enabled: true } })).toEqual([]);
    expect(severities({ bind: "tailnet" })).toEqual([]);
    expect(severities({ auth: { mode: "none" } })).toEqual(["warning"]);
    expect(severities({ controlUi: { allowedOrigins: ["*"] }, tailscale: { mode: "funnel" } })).toEqual([
      "warning",
      "warning",
    ]);
  });
});

it("the doctor's page has no control character of what it found", () => {
  const finding = { id: "x", severity: "error", title: "Files", evidence: "bad \u001b[2Jname", remedy: "rm" } as const;
  const lines = doctorLines({ findings: [finding], repaired: [], unrepaired: [] });
  expect(lines).toEqual(["ERROR  Files        bad  [2Jname", `${" ".repeat(20)}rm`, "1 to look at."]);
});
