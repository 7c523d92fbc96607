import { existsSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isRunning } from "../../../sidecar/service/process-identity.ts";
import { RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { stubConfig } from "../../support/sidecar.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { type ServiceLab, openServiceLab, textOf } from "./service-lab.ts";

interface Started {
  readonly ready: boolean;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  readonly alreadyRunning: boolean;
}

let lab: ServiceLab;
beforeEach(async () => {
  lab = await openServiceLab();
});
afterEach(() => lab.dispose());

const start = (profile: string, ...args: readonly string[]) =>
  lab.json<Started>(["start", "--profile", profile, "--port", "0", ...args]);
const tokenOf = (profile: string): string => textOf(join(lab.stateDir(profile), "gateway.token")).trim();

describe("start", () => {
  it("returns when the sidecar answers, which then lives in a session of its own", async () => {
    const started = await start("a");
    expect(started).toMatchObject({ ready: true, alreadyRunning: false, url: `ws://127.0.0.1:${started.port}` });
    const health = await lab.run(["health", "--profile", "a"]);
    expect(health.code).toBe(0);
    if (process.platform === "linux") {
      const [, , group, session] =
        /\) (\S) \d+ (\d+) (\d+)/.exec(readFileSync(`/proc/${started.pid}/stat`, "utf8")) ?? [];
      expect([group, session]).toEqual([String(started.pid), String(started.pid)]);
      expect(readlinkSync(`/proc/${started.pid}/fd/0`)).toBe("/dev/null");
    }
  });

  it("leaves one that runs as it is", async () => {
    const first = await start("a");
    expect(await start("a")).toEqual({ ...first, alreadyRunning: true });
    const other = await lab.run(["start", "--profile", "a", "--port", String(first.port === 40_000 ? 40_001 : 40_000)]);
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining(`already runs`) as string });
  });

  it("started twice at once gives one sidecar to both", async () => {
    const both = await Promise.all([start("a"), start("a")]);
    expect(new Set(both.map(({ pid }) => pid)).size).toBe(1);
    if (process.platform !== "linux") return;
    // The one that came second does not lie in wait for the end of the first.
    const running = readdirSync("/proc").filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(lab.stateDir("a")));
    expect(running).toEqual([String(both[0]?.pid)]);
  });

  it("hands a token over without showing it in the list of processes or storing it", async () => {
    const token = "given-by-hand-0123456789abcdef";
    const { pid, url } = await start("a", "--token", token);
    if (process.platform === "linux") expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain(token);
    for (const file of ["runtime.json", "logs/sidecar.log", "logs/sidecar.out"]) {
      expect(textOf(join(lab.stateDir("a"), file))).not.toContain(token);
    }
    const client = await RawGatewayClient.open(url);
    expect((await client.hello(token)).ok).toBe(true);
    await client.close();
  });

  it("says in the sidecar's own words why it did not start, and leaves nothing running", async () => {
    const squatter = createServer().listen(0, "127.0.0.1");
    await once(squatter, "listening");
    const address = squatter.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { code, stderr } = await lab.run(["start", "--profile", "a", "--port", String(port)]);
    squatter.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The sidecar did not start: Port \d+ on 127\.0\.0\.1 is in use: another program/);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(join(lab.stateDir("a"), "runtime.json"))).toBe(false);
  });

  it("ends what it started when that is not ready in time", async () => {
    const { code, stderr } = await lab.run(["start", "--profile", "a", "--port", "0", "--timeout", "1"]);
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("not ready within 1 ms") as string,
    });
    expect((await lab.run(["stop", "--profile", "a"])).stdout).toMatch(/^No sidecar runs/);
    if (process.platform !== "linux") return;
    const left = readdirSync("/proc").filter((pid) => textOf(`/proc/${pid}/cmdline`).includes(lab.stateDir("a")));
    expect(left).toEqual([]);
  });

  it.each([
    [["--port", "99999"], /no port/],
    [["--profile", "../x"], /no profile name/],
    [["--config", "/nonexistent/openclaw.json"], /cannot be read/],
    [["--timeout", "soon"], /--timeout "soon" is wrong/],
    [["--bogus"], /Unknown option/],
    [["now"], /"now" is too much/],
  ])("refuses %j with one sentence before anything is written", async (args, sentence) => {
    const { code, stderr } = await lab.run(["start", "--profile", "a", ...args]);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(sentence);
    expect(existsSync(lab.stateDir("a"))).toBe(false);
  });
});

describe("stop", () => {
  it("lets a running answer end, says goodbye with `shutdown` and 1012, and the log tells the story", async () => {
    const model = await startStubModel();
    try {
      await lab.writeConfig("a", stubConfig(model.baseUrl));
      const { url, pid } = await start("a");
      const client = await RawGatewayClient.open(url);
      await client.hello(tokenOf("a"));
      await client.call("sessions.subscribe");
      await client.call("chat.send", { sessionKey: "agent:main:main", message: "[slow 12]", idempotencyKey: "k-1" });
      await client.event("chat", ({ state }: { state: string }) => state === "delta");
      const stopped = await lab.json<{ pid: number; forced: boolean; ms: number }>(["stop", "--profile", "a"]);
      expect(stopped).toMatchObject({ ok: true, stopped: true, pid, forced: false });
      const final = await client.event("chat", ({ state }: { state: string }) => state === "final");
      expect(JSON.stringify(final.payload)).toContain("slow11");
      expect(client.events("shutdown")).toHaveLength(1);
      expect(await client.closed).toMatchObject({ code: 1012 });
      expect(isRunning(pid)).toBe(false);
    } finally {
      await model.close();
    }
    const { stdout } = await lab.run(["logs", "--profile", "a"]);
    expect(stdout).toMatch(/listens on [\s\S]*SIGTERM: stopping[\s\S]*stopped\n$/);
  });

  it("asked by two at once still ends in order, and both hear of it", async () => {
    const model = await startStubModel();
    try {
      await lab.writeConfig("a", stubConfig(model.baseUrl));
      const client = await RawGatewayClient.open((await start("a")).url);
      await client.hello(tokenOf("a"));
      await client.call("chat.send", { sessionKey: "agent:main:main", message: "[slow 12]", idempotencyKey: "k-4" });
      await client.event("chat", ({ state }: { state: string }) => state === "delta");
      const both = await Promise.all([1, 2].map(() => lab.json(["stop", "--profile", "a"])));
      expect(both).toEqual([1, 2].map(() => expect.objectContaining({ stopped: true, forced: false }) as unknown));
      const final = await client.event("chat", ({ state }: { state: string }) => state === "final");
      expect(JSON.stringify(final.payload)).toContain("slow11");
      expect(existsSync(join(lab.stateDir("a"), "runtime.json"))).toBe(false);
    } finally {
      await model.close();
    }
  });

  it("cuts an answer off after its grace, and keeps what there was of it", async () => {
    const model = await startStubModel();
    try {
      await lab.writeConfig("a", stubConfig(model.baseUrl));
      const client = await RawGatewayClient.open((await start("a")).url);
      await client.hello(tokenOf("a"));
      await client.call("chat.send", { sessionKey: "agent:main:main", message: "[hold]", idempotencyKey: "k-2" });
      await client.event("chat", ({ state }: { state: string }) => state === "delta");
      const { ms } = await lab.json<{ ms: number }>(["stop", "--profile", "a"]);
      expect(ms).toBeGreaterThan(2_500);
      expect(await client.closed).toMatchObject({ code: 1012 });
      const again = await RawGatewayClient.open((await start("a")).url);
      await again.hello(tokenOf("a"));
      const history = await again.call("chat.history", { sessionKey: "agent:main:main" });
      expect(JSON.stringify(history)).toContain("held");
      await again.close();
    } finally {
      await model.close();
    }
  });

  it("never touches a stranger who has the process id by now", async () => {
    await start("a");
    const info = lab.runtime("a");
    await lab.run(["stop", "--profile", "a"]);
    const stranger = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    try {
      const path = join(lab.stateDir("a"), "runtime.json");
      const forged = { ...info, pid: stranger.pid };
      writeFileSync(path, JSON.stringify(forged));
      const stale = await lab.json(["stop", "--force", "--profile", "a"]);
      expect(stale).toMatchObject({
        stopped: false,
        reason: expect.stringContaining("another program by now") as string,
      });
      const { process: _process, ...unproved } = forged;
      writeFileSync(path, JSON.stringify(unproved));
      const refused = await lab.json(["stop", "--force", "--profile", "a"]);
      expect(refused).toMatchObject({ ok: false, error: { code: "NOT_OURS" } });
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    } finally {
      const exit = once(stranger, "exit");
      stranger.kill("SIGKILL");
      await exit;
    }
  });

  it("waits no longer than it was told for one that hangs, and kills it only with --force", async () => {
    const { pid } = await start("a");
    process.kill(pid, "SIGSTOP");
    const patient = await lab.run(["stop", "--profile", "a", "--timeout", "300"]);
    expect(patient).toMatchObject({ code: 3, stderr: expect.stringContaining("--force") as string });
    expect(isRunning(pid)).toBe(true);
    const forced = await lab.json(["stop", "--profile", "a", "--timeout", "300", "--force"]);
    expect(forced).toMatchObject({ stopped: true, forced: true, pid });
    expect(isRunning(pid)).toBe(false);
    expect((await lab.run(["stop", "--profile", "a"])).stdout).toMatch(/^No sidecar runs from /);
    expect(await start("a")).toMatchObject({ alreadyRunning: false });
  });
});

describe("restart", () => {
  it("leaves the running sidecar alone when its config has become wrong", async () => {
    const { pid } = await lab.json<Started>(["start", "--profile", "broken-config", "--port", "0"]);
    await lab.writeConfig("broken-config", { models: { providers: { x: 3 } } });
    const refused = await lab.run(["restart", "--profile", "broken-config"]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("models.providers.x must be an object");
    expect(lab.runtime("broken-config").pid).toBe(pid);
    const { code } = await lab.run(["health", "--profile", "broken-config"]);
    expect(code).toBe(0);
  });

  it("brings back the same sidecar on the same port with its options", async () => {
    const config = join(lab.home, "other.json");
    writeFileSync(config, "{}");
    const first = await start("a", "--config", config);
    const again = await lab.json<Started & { stoppedPid: number }>(["restart", "--profile", "a"]);
    expect(again).toMatchObject({ ready: true, port: first.port, stoppedPid: first.pid });
    expect(again.pid).not.toBe(first.pid);
    expect(lab.runtime("a").launch?.args).toContain(config);
    expect(isRunning(first.pid)).toBe(false);
  });

  it("stops nothing when it could not give the token again", async () => {
    const token = "given-by-hand-0123456789abcdef";
    const { pid, port } = await start("a", "--token", token);
    const refused = await lab.run(["restart", "--profile", "a"]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("nothing was stopped") as string });
    expect(isRunning(pid)).toBe(true);
    const again = await lab.json(["restart", "--profile", "a"], { OPENCLAW_GATEWAY_TOKEN: token });
    expect(again).toMatchObject({ ready: true, port, stoppedPid: pid });
  });
});

describe("two profiles", () => {
  it("share nothing: each has its port, token, store, log and life", async () => {
    const [a, b] = await Promise.all([start("a"), start("b")]);
    expect(a.port).not.toBe(b.port);
    expect(tokenOf("a")).not.toBe(tokenOf("b"));
    const stranger = await RawGatewayClient.open(b.url);
    expect((await stranger.hello(tokenOf("a"))).ok).toBe(false);
    await stranger.close();

    const client = await RawGatewayClient.open(a.url);
    await client.hello(tokenOf("a"));
    await client.call("chat.send", { sessionKey: "agent:main:only-in-a", message: "/help", idempotencyKey: "k-3" });
    await client.event("chat", ({ state }: { state: string }) => state === "final");
    const call = (profile: string) => lab.run(["gateway", "call", "sessions.list", "--profile", profile]);
    expect((await call("a")).stdout).toContain("only-in-a");
    expect((await call("b")).stdout).not.toContain("only-in-a");

    await lab.run(["stop", "--profile", "a"]);
    await client.closed;
    expect([isRunning(a.pid), isRunning(b.pid)]).toEqual([false, true]);
    expect((await lab.run(["logs", "--profile", "b"])).stdout).not.toContain("stopping");
    expect((await lab.run(["health", "--profile", "b"])).code).toBe(0);
    for (const profile of ["a", "b"]) expect(statSync(lab.stateDir(profile)).mode & 0o777).toBe(0o700);
  });

  it("cannot use one state directory at once", async () => {
    await start("a");
    const second = await lab.run(["run", "--state-dir", lab.stateDir("a"), "--port", "0"]);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("Another sidecar is using") as string });
    expect((await lab.run(["health", "--profile", "a"])).code).toBe(0);
  });
});
