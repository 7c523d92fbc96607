import { appendFileSync, renameSync } from "node:fs";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { ensureSidecar, spawnSidecar } from "../../support/sidecar.ts";
import { type ServiceLab, openServiceLab } from "./service-lab.ts";

let lab: ServiceLab;
beforeEach(async () => {
  lab = await openServiceLab();
});
afterEach(() => lab.dispose());

const start = () => lab.json<{ url: string; pid: number }>(["start", "--profile", "a", "--port", "0"]);

describe("logs", () => {
  it("shows lines for people, and with --json the entries as they are", async () => {
    const { url, pid } = await start();
    const people = await lab.run(["logs", "--profile", "a"]);
    expect(people.stdout).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info {2}OpenClaw sidecar \S+ listens on /);
    const { stdout } = await lab.run(["logs", "--profile", "a", "--json", "--lines", "1"]);
    expect(JSON.parse(stdout)).toMatchObject({ level: "info", message: expect.stringContaining(url) as string });
    expect(stdout).toContain(String(pid));
  });

  it("follows a sidecar over a rotation and a restart, and ends when nobody reads", async () => {
    const { url } = await start();
    await ensureSidecar();
    const follower = spawnSidecar(["logs", "--profile", "a", "--follow"], { HOME: lab.home });
    const exited = new Promise<number | null>((resolve) => follower.once("exit", resolve));
    const seen: string[] = [];
    if (follower.stdout === null) throw new Error("No stdout");
    createInterface({ input: follower.stdout }).on("line", (line) => seen.push(line));
    const sees = async (what: string): Promise<void> => {
      await expect.poll(() => seen.some((line) => line.includes(what)), { timeout: 10_000 }).toBe(true);
    };
    try {
      await sees("listens on");
      const log = join(lab.stateDir("a"), "logs", "sidecar.log");
      renameSync(log, `${log}.1`);
      const client = await RawGatewayClient.open(url);
      await client.hello("wrong-token-wrong-token");
      await sees("refused from=127.0.0.1");
      await lab.run(["restart", "--profile", "a"]);
      await expect.poll(() => seen.filter((line) => line.includes("listens on")).length, { timeout: 10_000 }).toBe(2);
      expect(new Set(seen).size).toBe(seen.length);
      follower.stdout.destroy();
      appendFileSync(log, '{"time":"2026-01-01T00:00:00.000Z","level":"info","message":"one more"}\n');
      await expect.poll(() => follower.exitCode, { timeout: 10_000 }).toBe(0);
    } finally {
      follower.kill("SIGKILL");
      await exited;
    }
  });

  it("never holds the token, also when a stranger sends it in the wrong place", async () => {
    const token = "super-secret-token-0123456789";
    const { url } = await lab.json<{ url: string }>(["start", "--profile", "a", "--port", "0", "--token", token]);
    const client = await RawGatewayClient.open(url);
    const challenge = await client.challenge();
    client.send({ type: "req", id: "1", method: "connect", params: { [token]: challenge.nonce } });
    await client.closed;
    const { stdout } = await lab.run(["logs", "--profile", "a"]);
    expect(stdout).toContain("refused from=127.0.0.1");
    expect(stdout).not.toContain(token);
  });

  it.each([
    [["--lines", "many"], 2, /--lines "many" is wrong/],
    [["--profile", "nobody"], 1, /There is no log at/],
    [["--profile", "nobody", "--follow"], 1, /no sidecar has run/],
  ])("refuses %j with one sentence", async (args, code, sentence) => {
    const outcome = await lab.run(["logs", ...args]);
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toMatch(sentence);
    expect(outcome.stderr.trim().split("\n")).toHaveLength(1);
  });
});
