import { beforeAll, describe, expect, it } from "vitest";
import { runBuiltCli } from "../../support/cli.ts";
import type { RunningGateway } from "../../support/gateway-under-test.ts";
import { startSidecarGateway } from "../../support/sidecar-gateway.ts";
import { type Sshd, startSshd } from "../../support/sshd.ts";

let gateway: RunningGateway & { readonly stateDir: string };
let env: Record<string, string>;
beforeAll(async () => {
  gateway = await startSidecarGateway();
  env = { OPENCLAW_GATEWAY_TOKEN: gateway.token };
  return () => gateway.stop();
});

describe("the built CLI and a running sidecar", () => {
  it("finds the sidecar of a state directory by itself", async () => {
    const { code, stdout } = await runBuiltCli(["health", "--state-dir", gateway.stateDir], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^Gateway +\\S+ at ${gateway.url}, up \\d+ s$`, "m"));
    expect(stdout).toMatch(/^Health +ok \(\d+\.\d ms\)$/m);
  });

  it("prints the payload and nothing else with --json", async () => {
    const { code, stdout, stderr } = await runBuiltCli(["gateway", "health", "--url", gateway.url, "--json"], env);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  });

  it("shows the status", async () => {
    const { code, stdout } = await runBuiltCli(["gateway", "status", "--url", gateway.url], env);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Model +stub-1$/m);
    expect(stdout).toMatch(/^You +operator, 5 scopes$/m);
  });

  it("calls a method with parameters", async () => {
    const call = ["gateway", "call", "chat.history", "--params", '{"sessionKey":"agent:main:none"}'];
    const { code, stdout } = await runBuiltCli([...call, "--url", gateway.url, "--json"], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ messages: [], totalMessages: 0 });
  });

  it("prints what the Gateway says about a bad call, and fails", async () => {
    const { code, stderr } = await runBuiltCli(["gateway", "call", "no.such", "--url", gateway.url], env);
    expect(code).toBe(1);
    expect(stderr).toBe("The Gateway refused no.such: unknown method: no.such.\n");
  });

  it("says how to give a credential when there is none, and when it is wrong, and repeats none", async () => {
    const none = await runBuiltCli(["health", "--url", gateway.url]);
    expect(none.code).toBe(4);
    expect(none.stderr).toMatch(/OPENCLAW_GATEWAY_TOKEN/);
    const wrong = await runBuiltCli(["health", "--url", gateway.url, "--token", "wrong-token-123"]);
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).toMatch(/token mismatch.*OPENCLAW_GATEWAY_TOKEN/);
    expect(wrong.stdout + wrong.stderr).not.toContain("wrong-token-123");
  });

  it.each([
    ["--url", "ws://gateway.example"],
    ["--ssh", "user@host;id"],
  ])("refuses %s %s at once and does not wait for its time-out", async (flag, address) => {
    const run = await runBuiltCli(["health", flag, address, "--timeout", "60000"]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(address);
  });

  it("tells a person what it can do", async () => {
    const { code, stdout } = await runBuiltCli(["--help"]);
    expect(code).toBe(0);
    for (const word of ["run", "health", "status", "gateway call METHOD", "Exit codes:"])
      expect(stdout).toContain(word);
    expect((await runBuiltCli(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+/);
    expect((await runBuiltCli(["gateway", "call", "--help"])).stdout).toContain("--params JSON");
  });
});

describe("the built CLI over SSH", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
    return () => sshd.stop();
  });
  const overSsh = (target: string, home: string) =>
    runBuiltCli(["health", "--ssh", target, "--port", String(gateway.port), "--json"], { ...env, HOME: home });

  it("reaches the sidecar behind a real sshd, with the host's name of the SSH config", async () => {
    const { code, stdout, stderr } = await overSsh("lab", sshd.home);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  });

  it("refuses a host key that nobody trusted and says how to trust it", async () => {
    const target = `${sshd.user}@127.0.0.1:${sshd.port}`;
    const { code, stdout } = await overSsh(target, "/nonexistent");
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "HOST_KEY_UNKNOWN" } });
    expect(stdout).toContain(`ssh -p ${sshd.port} ${sshd.user}@127.0.0.1`);
  });

  it("says that nothing listens when the Gateway's port on the host is wrong", async () => {
    const run = await runBuiltCli(["health", "--ssh", "lab", "--port", "1"], { ...env, HOME: sshd.home });
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/127\.0\.0\.1:1/);
  });
});
