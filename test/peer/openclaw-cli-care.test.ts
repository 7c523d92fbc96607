import { randomUUID } from "node:crypto";
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../support/gateway-under-test.ts";
import { installOpenClaw } from "../support/openclaw-install.ts";
import { runOpenclaw } from "../support/openclaw.ts";
import { RawGatewayClient } from "../support/raw-gateway-client.ts";
import { startSidecarGateway } from "../support/sidecar-gateway.ts";
import { TestIdentity } from "../support/test-identity.ts";

let gateway: RunningGateway;
let home: string;
beforeAll(async () => {
  await installOpenClaw();
  gateway = await startSidecarGateway({ gateway: { trustedProxies: ["127.0.0.1"] } });
  home = await mkdtemp(join(tmpdir(), "openclaw-remote-home-"));
  const remote = { url: gateway.url, token: gateway.token };
  await writeFile(join(home, "openclaw.json"), JSON.stringify({ gateway: { mode: "remote", remote } }), {
    mode: 0o600,
  });
  return async () => {
    await gateway.stop();
    await rm(home, { recursive: true, force: true });
  };
}, 300_000);

const clients: RawGatewayClient[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

/** A connected operator of its own device. */
async function operator(caps: readonly string[] = []) {
  const identity = new TestIdentity();
  const client = await RawGatewayClient.open(gateway.url);
  clients.push(client);
  await client.hello(gateway.token, { identity, caps });
  return { client, identity };
}

const explicit = (args: readonly string[]) => runOpenclaw([...args, "--url", gateway.url, "--token", gateway.token]);
/** As somebody whose openclaw.json names the sidecar as the remote Gateway. */
const asRemote = (args: readonly string[]) => runOpenclaw(args, { OPENCLAW_CONFIG_PATH: join(home, "openclaw.json") });

describe("the real openclaw CLI takes care of dist/sidecar.mjs", () => {
  it("openclaw status --json reads the sidecar as the remote Gateway", async () => {
    const { code, stdout } = await asRemote(["status", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      heartbeat: { defaultAgentId: "main" },
      sessions: { defaults: { model: "stub-1" } },
    });
  });

  it("openclaw status and status --deep print it for a person", async () => {
    const plain = await asRemote(["status"]);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toContain("OpenClaw status");
    const deep = await asRemote(["status", "--deep"]);
    expect(deep.code).toBe(0);
    expect(deep.stdout).not.toMatch(/unreachable/i);
  });

  it("openclaw gateway status --require-rpc finds that it can read", async () => {
    const { code, stdout } = await explicit(["gateway", "status", "--require-rpc"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Read probe: ok");
  });

  it("openclaw agent asks and prints the answer", async () => {
    const env = { OPENCLAW_GATEWAY_URL: gateway.url, OPENCLAW_GATEWAY_TOKEN: gateway.token };
    const { code, stdout } = await runOpenclaw(["agent", "--agent", "main", "--message", "hello cli", "--json"], env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "ok",
      summary: "completed",
      result: { payloads: [{ text: expect.stringContaining("echo hello cli") }] },
    });
  });

  it("openclaw devices lists, renames, rotates, revokes and removes, and the device feels it", async () => {
    const { client, identity } = await operator();
    const device = ["--device", identity.id];
    const list = await explicit(["devices", "list", "--json"]);
    expect(JSON.parse(list.stdout)).toMatchObject({
      paired: expect.arrayContaining([expect.objectContaining({ deviceId: identity.id, connected: true })]),
    });
    expect((await explicit(["devices", "rename", ...device, "--name", "desk"])).code).toBe(0);
    const rotated = await explicit(["devices", "rotate", ...device, "--role", "operator"]);
    expect(rotated.code).toBe(0);
    expect((await client.closed).code).toBe(4001);
    expect((await explicit(["devices", "revoke", ...device, "--role", "operator"])).code).toBe(0);
    expect((await explicit(["devices", "remove", identity.id])).code).toBe(0);
    expect((await explicit(["devices", "list", "--json"])).stdout).not.toContain(identity.id);
  });

  it("openclaw devices approves and rejects who waits", async () => {
    const knock = async (identity: TestIdentity): Promise<string> => {
      // Behind a proxy it does not come from this computer, and is not let in by itself.
      const client = await RawGatewayClient.open(gateway.url, { headers: { "x-forwarded-for": "203.0.113.9" } });
      clients.push(client);
      const answer = await client.hello(gateway.token, { identity, scopes: ["operator.read", "operator.write"] });
      const { requestId } = (answer.error?.details ?? {}) as { requestId?: string };
      return requestId ?? "";
    };
    const [welcome, unwelcome] = [new TestIdentity(), new TestIdentity()];
    const [yes, no] = [await knock(welcome), await knock(unwelcome)];
    const approved = await explicit(["devices", "approve", yes]);
    expect(approved.stderr).toBe("");
    expect(approved.code).toBe(0);
    expect((await explicit(["devices", "reject", no])).code).toBe(0);
    const { stdout } = await explicit(["devices", "list", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      pending: [],
      paired: expect.arrayContaining([expect.objectContaining({ deviceId: welcome.id })]),
    });
    expect(stdout).not.toContain(unwelcome.id);
  });

  it("openclaw logs prints the sidecar's log", async () => {
    const plain = await explicit(["logs", "--limit", "5"]);
    expect(plain.code).toBe(0);
    expect(plain.stdout).toMatch(/sidecar\.log/);
    const { stdout } = await explicit(["logs", "--limit", "5", "--json"]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(lines.filter(({ type }) => type === "log").length).toBeGreaterThan(0);
    expect(stdout).not.toContain(gateway.token);
  });

  it("openclaw approvals lists who waits, decides, and reads the policy", async () => {
    await operator(["exec-approvals"]);
    const { client } = await operator();
    const id = randomUUID();
    client.send({
      type: "req",
      id: "asks",
      method: "exec.approval.request",
      params: { id, command: "rm -rf build", timeoutMs: 60_000, twoPhase: true },
    });
    await client.response("asks");
    const pending = await explicit(["approvals", "pending", "--json"]);
    expect(pending.code).toBe(0);
    expect(JSON.parse(pending.stdout)).toMatchObject({ approvals: [{ id }] });
    expect((await explicit(["approvals", "resolve", id, "deny"])).stdout).toContain("resolved deny");
    const decided = await client.find("the decision", (frame) =>
      frame.type === "res" && frame.id === "asks" && "decision" in (frame.payload as object) ? frame : undefined,
    );
    expect(decided.payload).toMatchObject({ id, decision: "deny" });
    expect((await explicit(["approvals", "get", "--gateway"])).code).toBe(0);
  });
});
