import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../support/gateway-under-test.ts";
import { type OpenClawProcess, startOpenclawProcess } from "../support/openclaw-process.ts";
import { runOpenclaw } from "../support/openclaw.ts";
import { startSidecarGateway } from "../support/sidecar-gateway.ts";

let gateway: RunningGateway;
let node: OpenClawProcess;
beforeAll(async () => {
  gateway = await startSidecarGateway();
  const where = ["--host", "127.0.0.1", "--port", String(gateway.port), "--display-name", "peer-node"];
  node = await startOpenclawProcess(["node", "run", ...where], { env: { OPENCLAW_GATEWAY_TOKEN: gateway.token } });
  await node.until(/node host gateway connected/);
}, 300_000);
afterAll(async () => {
  await node?.stop();
  await gateway?.stop();
});

interface Pending {
  readonly requestId: string;
  readonly commands: readonly string[];
}

async function nodes(...args: string[]) {
  const { code, stdout, stderr } = await runOpenclaw([
    "nodes",
    ...args,
    "--url",
    gateway.url,
    "--token",
    gateway.token,
  ]);
  return { code, stdout, stderr };
}

const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await nodes(...args, "--json")).stdout) as T;
const which = ["--node", "peer-node", "--command", "system.which", "--params", '{"bins":["sh"]}'];

describe("the real node host against dist/sidecar.mjs", () => {
  it("connects, and may do nothing until it is approved", async () => {
    expect((await nodes("invoke", ...which)).code).not.toBe(0);
    const { nodes: list } = await json<{ nodes: unknown[] }>("status");
    expect(list).toMatchObject([{ displayName: "peer-node", connected: true, approvalState: "pending-approval" }]);
  });

  it("is approved by the real CLI", async () => {
    const found = await json<Pending[] | { pending: Pending[] }>("pending");
    const [request] = Array.isArray(found) ? found : found.pending;
    expect(request?.commands).toContain("system.which");
    expect((await nodes("approve", request?.requestId ?? "")).code).toBe(0);
    const { code, stdout } = await nodes("describe", "--node", "peer-node");
    expect(code).toBe(0);
    expect(stdout).toMatch(/paired · connected/);
  });

  it("does what it is asked, and answers", async () => {
    const { code, stdout } = await nodes("invoke", ...which);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      command: "system.which",
      payload: { bins: { sh: expect.stringMatching(/sh$/) } },
    });
  });

  it("can be renamed and listed", async () => {
    expect((await nodes("rename", "--node", "peer-node", "--name", "kitchen")).code).toBe(0);
    expect((await nodes("list")).stdout).toMatch(/Paired: 1/);
    expect((await nodes("rename", "--node", "kitchen", "--name", "peer-node")).code).toBe(0);
  });

  it("is thrown out when it is removed", async () => {
    expect((await nodes("remove", "--node", "peer-node")).code).toBe(0);
    await node.until(/node host gateway closed \(4001\)/);
    expect((await nodes("invoke", ...which)).code).not.toBe(0);
  });
});
