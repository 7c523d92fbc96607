import { describe, expect, it } from "vitest";
import { healthLines } from "../../../sidecar/cli/commands/health.ts";
import { statusLines } from "../../../sidecar/cli/commands/status.ts";

const hello = {
  version: "2026.9.6",
  uptimeMs: 11_520_000,
  role: "operator",
  scopes: ["operator.read", "operator.write"],
};
const around = { target: "ws://127.0.0.1:18789", hello, roundTripMs: 1.234, now: 1_000_000 };

describe("health for a person", () => {
  it("is one short aligned table", () => {
    const payload = {
      ok: true,
      sessions: { count: 3 },
      agents: [{ agentId: "main" }],
      channels: { telegram: {} },
      eventLoop: { degraded: false, delayP99Ms: 12.34 },
    };
    expect(healthLines(payload, around)).toEqual([
      "Gateway     2026.9.6 at ws://127.0.0.1:18789, up 3 h 12 min",
      "Health      ok (1.2 ms)",
      "Event loop  p99 12.3 ms",
      "Sessions    3",
      "Agents      main",
      "Channels    telegram",
    ]);
  });

  it("says when the Gateway is not well", () => {
    expect(healthLines({ ok: false, eventLoop: { degraded: true, delayP99Ms: 500 } }, around)).toEqual([
      "Gateway     2026.9.6 at ws://127.0.0.1:18789, up 3 h 12 min",
      "Health      NOT OK (1.2 ms)",
      "Event loop  degraded, p99 500.0 ms",
      "Channels    none",
    ]);
  });

  it.each([null, [], "x", { sessions: 5, channels: null, agents: {}, eventLoop: "y" }])("survives %j", (payload) => {
    expect(healthLines(payload, around)[1]).toMatch(/NOT OK/);
  });

  it("lets no Gateway move the cursor", () => {
    const text = healthLines({ ok: true, channels: { "\u001b[2Jevil\r\n": {} } }, around).join("\n");
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("\r");
    expect(text).toContain("evil");
  });
});

describe("status for a person", () => {
  it("shows what runs, with which model, and the latest sessions", () => {
    const payload = {
      runtimeVersion: "2026.9.6",
      pid: 42,
      processMemory: { rssBytes: 60 * 1_048_576 },
      sessions: {
        count: 2,
        defaults: { model: "stub-1" },
        recent: [{ key: "agent:main:main", updatedAt: 880_000 }, { key: "b" }],
      },
    };
    expect(statusLines(payload, around)).toEqual([
      "Gateway   2026.9.6 at ws://127.0.0.1:18789, up 3 h 12 min",
      "You       operator, 2 scopes",
      "Model     stub-1",
      "Memory    60 MB",
      "Process   42",
      "Sessions  2",
      "  agent:main:main  2 min ago",
      "  b                ",
    ]);
  });

  it("says that no model is configured", () => {
    expect(statusLines({}, around)).toContain("Model    none configured");
  });
});
