import { beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../support/gateway-under-test.ts";
import { installOpenClaw } from "../support/openclaw-install.ts";
import { runOpenclaw } from "../support/openclaw.ts";
import { startSidecarGateway } from "../support/sidecar-gateway.ts";

let gateway: RunningGateway;
let target: readonly string[];
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  await installOpenClaw();
  gateway = await startSidecarGateway();
  target = ["--url", gateway.url, "--token", gateway.token];
  env = { OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: gateway.token };
  return () => gateway.stop();
}, 300_000);

describe("the real openclaw CLI against dist/sidecar.mjs", () => {
  it("openclaw health --json prints the sidecar's health", async () => {
    const { code, stdout } = await runOpenclaw(["health", "--json"], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, defaultAgentId: "main" });
  });

  it("openclaw health prints it for a person", async () => {
    const { code, stdout } = await runOpenclaw(["health"], env);
    expect(code).toBe(0);
    expect(stdout).toContain("Agents: main (default)");
  });

  it("openclaw gateway call health --url --token succeeds", async () => {
    const { code, stdout } = await runOpenclaw(["gateway", "call", "health", ...target, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  });

  it("openclaw gateway call passes parameters and prints the payload", async () => {
    const call = ["gateway", "call", "chat.history", "--params", '{"sessionKey":"agent:main:none"}'];
    const { code, stdout } = await runOpenclaw([...call, ...target, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ messages: [], totalMessages: 0 });
  });

  it("openclaw gateway health --url --token says OK", async () => {
    const { code, stdout } = await runOpenclaw(["gateway", "health", ...target]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Gateway Health\nOK/);
  });

  it("openclaw gateway probe reaches it", async () => {
    const { code, stdout } = await runOpenclaw(["gateway", "probe", ...target, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, primaryTargetId: "explicit" });
  });

  it("openclaw gateway call names a wrong token and fails", async () => {
    const { code, stdout } = await runOpenclaw([
      "gateway",
      "call",
      "health",
      "--url",
      gateway.url,
      "--token",
      "wrong",
      "--json",
    ]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { details: { code: "AUTH_TOKEN_MISMATCH" } } });
  });

  it("openclaw gateway call names an unknown method and fails", async () => {
    const { code, stdout } = await runOpenclaw(["gateway", "call", "no.such", ...target, "--json"]);
    expect(code).toBe(1);
    expect(stdout).toContain("unknown method: no.such");
  });
});
