import { randomUUID } from "node:crypto";
import { TestIdentity } from "../../support/test-identity.ts";
import type { EventFrame, RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { check, type ContractGroup } from "../contract-check.ts";
import type { Visit } from "../visit.ts";

interface PairingLists {
  readonly pending: readonly { readonly requestId: string; readonly nodeId: string }[];
  readonly paired: readonly { readonly nodeId: string }[];
}
interface InvokeRequest {
  readonly id: string;
  readonly nodeId: string;
  readonly command: string;
  readonly paramsJSON: string | null;
}

const ofNode = (nodeId: string) => (payload: { readonly nodeId: string }) => payload.nodeId === nodeId;

/** A node that has connected, and an operator who looks on. */
async function connectNode(visit: Visit, commands: readonly string[] = ["system.which", "system.notify"]) {
  const { client: operator } = await visit.operator();
  const identity = new TestIdentity();
  const node = await visit.operator({
    identity,
    role: "node",
    scopes: [],
    client: { id: "node-host", mode: "node", displayName: "contract-node", deviceFamily: "Linux" },
    caps: ["system"],
    extra: { commands },
  });
  const nodeId = identity.id;
  const requested = await operator.event("node.pair.requested", ofNode(nodeId));
  return { operator, node: node.client, hello: node.hello, nodeId, requested };
}

async function approvedNode(visit: Visit, commands?: readonly string[]) {
  const connected = await connectNode(visit, commands);
  const { requestId } = connected.requested.payload as unknown as { requestId: string };
  await connected.operator.call("node.pair.approve", { requestId });
  return { ...connected, requestId };
}

const asked = (node: RawGatewayClient, key: string): Promise<EventFrame<InvokeRequest>> =>
  node.event<InvokeRequest & { idempotencyKey: string }>(
    "node.invoke.request",
    (payload) => payload.idempotencyKey === key,
  );

const invoke = (nodeId: string, over: Record<string, unknown> = {}) => ({
  nodeId,
  command: "system.which",
  params: { bins: ["node"] },
  timeoutMs: 10_000,
  idempotencyKey: randomUUID(),
  ...over,
});

export const nodes: ContractGroup = {
  about: "nodes",
  checks: [
    check("a node of this computer is let in with the role and no scopes", async (visit, expect) => {
      const { hello } = await connectNode(visit);
      expect(hello.auth).toMatchObject({ role: "node", scopes: [] });
      expect(hello.auth.deviceToken).toMatch(/^[\w-]{43}$/);
      expect(hello.snapshot.presence).toEqual([]);
    }),
    check("a node without a device is asked who it is", async (visit, expect) => {
      const client = { id: "node-host", mode: "node" };
      const { error, closing } = await visit.refused({ identity: null, role: "node", scopes: [], client });
      expect(error).toMatchObject({ code: "NOT_PAIRED", details: { code: "DEVICE_IDENTITY_REQUIRED" } });
      expect(closing.code).toBe(1008);
    }),
    check("a node that asks for scopes waits for a person", async (visit, expect) => {
      const client = { id: "node-host", mode: "node" };
      const { error } = await visit.refused({
        identity: new TestIdentity(),
        role: "node",
        scopes: ["operator.admin"],
        client,
      });
      expect(error).toMatchObject({ code: "NOT_PAIRED", details: { code: "PAIRING_REQUIRED", requestedRole: "node" } });
    }),
    check("what a node offers waits for an operator, without what nobody allows", async (visit, expect) => {
      const { operator, nodeId, requested } = await connectNode(visit, ["system.which", "acid.echo", "camera.snap"]);
      expect(requested.payload).toMatchObject({
        nodeId,
        displayName: "contract-node",
        platform: "linux",
        caps: ["system"],
        commands: ["system.which"],
        requiredApproveScopes: ["operator.pairing", "operator.admin"],
      });
      const { pending } = await operator.call<PairingLists>("node.pair.list");
      expect(pending.find((each) => each.nodeId === nodeId)).toMatchObject({ commands: ["system.which"] });
    }),
    check("node.list shows a node that waits, and what it waits for", async (visit, expect) => {
      const { operator, nodeId } = await connectNode(visit);
      const list = await operator.call<{ nodes: { nodeId: string }[] }>("node.list");
      expect(list.nodes.find((each) => each.nodeId === nodeId)).toMatchObject({
        displayName: "contract-node",
        caps: [],
        commands: [],
        approvalState: "pending-approval",
        pendingDeclaredCommands: ["system.notify", "system.which"],
        paired: true,
        connected: true,
      });
    }),
    check("a node hears the wake words when it comes", async (visit, expect) => {
      const { node } = await connectNode(visit);
      const event = await node.event<{ triggers: unknown }>("voicewake.changed");
      expect(event.payload.triggers).toEqual(expect.any(Array));
      expect(event.seq).toBeUndefined();
    }),
    check("a node may not do what operators do, and learns no method's name", async (visit, expect) => {
      const { node } = await connectNode(visit);
      for (const method of ["status", "sessions.list", "chat.send", "config.get", "node.list", "no.such"]) {
        const answer = await node.request(method);
        expect(answer.error, method).toMatchObject({ code: "INVALID_REQUEST", message: "unauthorized role: node" });
      }
      expect((await node.request("health")).ok).toBe(true);
    }),
    check("an operator may not answer for a node", async (visit, expect) => {
      const { client } = await visit.operator();
      for (const method of ["node.invoke.result", "node.event", "node.invoke.progress"]) {
        const answer = await client.request(method);
        expect(answer.error, method).toMatchObject({ code: "INVALID_REQUEST", message: "unauthorized role: operator" });
      }
    }),
    check("nothing can be asked of a node before it is approved", async (visit, expect) => {
      const { operator, nodeId } = await connectNode(visit);
      const answer = await operator.request("node.invoke", invoke(nodeId));
      expect(answer.error).toMatchObject({ code: "UNAVAILABLE", details: { code: "PAIRING_CHANGED" } });
    }),
    check("an approval is told to operators and to the node, and opens what was declared", async (visit, expect) => {
      const { operator, node, nodeId, requestId } = await approvedNode(visit);
      const decided = { requestId, nodeId, decision: "approved" };
      expect((await operator.event("node.pair.resolved", ofNode(nodeId))).payload).toMatchObject(decided);
      expect((await node.event("node.pair.resolved", ofNode(nodeId))).payload).toMatchObject(decided);
      const described = await operator.call("node.describe", { nodeId });
      expect(described).toMatchObject({ approvalState: "approved", commands: ["system.notify", "system.which"] });
    }),
    check("approving what can run things takes an admin", async (visit, expect) => {
      const { requested } = await connectNode(visit);
      const { client } = await visit.operator({ identity: new TestIdentity(), scopes: ["operator.pairing"] });
      const { requestId } = requested.payload as unknown as { requestId: string };
      const answer = await client.request("node.pair.approve", { requestId });
      expect(answer.error).toMatchObject({
        code: "FORBIDDEN",
        details: { missingScope: "operator.admin", requiredScopes: ["operator.pairing", "operator.admin"] },
      });
    }),
    check("a rejected node may still do nothing", async (visit, expect) => {
      const { operator, nodeId, requested } = await connectNode(visit);
      const { requestId } = requested.payload as unknown as { requestId: string };
      expect(await operator.call("node.pair.reject", { requestId })).toEqual({ requestId, nodeId });
      const event = await operator.event("node.pair.resolved", ofNode(nodeId));
      expect(event.payload).toMatchObject({ decision: "rejected" });
      expect((await operator.request("node.invoke", invoke(nodeId))).ok).toBe(false);
    }),
    check("an invocation goes to the node and its answer comes back", async (visit, expect) => {
      const { operator, node, nodeId } = await approvedNode(visit);
      const params = invoke(nodeId);
      const answer = operator.call("node.invoke", params);
      const { payload, seq } = await asked(node, params.idempotencyKey);
      expect(payload).toMatchObject({ nodeId, command: "system.which", paramsJSON: '{"bins":["node"]}' });
      expect(seq).toBeUndefined();
      const result = { id: payload.id, nodeId, ok: true, payloadJSON: '{"bins":{"node":"/bin/node"}}' };
      expect(await node.call("node.invoke.result", result)).toEqual({ ok: true });
      expect(await answer).toEqual({
        ok: true,
        nodeId,
        command: "system.which",
        payload: { bins: { node: "/bin/node" } },
        payloadJSON: result.payloadJSON,
      });
      expect(await node.call("node.invoke.result", result)).toEqual({ ok: true, ignored: true });
    }),
    check("a node's own error is passed on", async (visit, expect) => {
      const { operator, node, nodeId } = await approvedNode(visit);
      const params = invoke(nodeId);
      const answer = operator.request("node.invoke", params);
      const { payload } = await asked(node, params.idempotencyKey);
      const error = { code: "BOOM", message: "it broke" };
      await node.call("node.invoke.result", { id: payload.id, nodeId, ok: false, error });
      expect((await answer).error).toMatchObject({
        code: "UNAVAILABLE",
        message: "BOOM: it broke",
        details: { nodeError: error, nodeCommandDispatched: true },
      });
    }),
    check("a node that says nothing is given up in time, and told", async (visit, expect) => {
      const { operator, node, nodeId } = await approvedNode(visit);
      const answer = await operator.request("node.invoke", invoke(nodeId, { timeoutMs: 500 }));
      expect(answer.error).toMatchObject({ code: "UNAVAILABLE", details: { nodeError: { code: "TIMEOUT" } } });
      expect((await node.event("node.invoke.cancel", ofNode(nodeId))).payload).toMatchObject({ nodeId });
    }),
    check("a node that goes away ends what was asked of it", async (visit, expect) => {
      const { operator, node, nodeId } = await approvedNode(visit);
      const params = invoke(nodeId);
      const answer = operator.request("node.invoke", params);
      await asked(node, params.idempotencyKey);
      await node.close();
      expect((await answer).error).toMatchObject({ details: { nodeError: { code: "DISCONNECTED" } } });
      const next = await operator.request("node.invoke", invoke(nodeId));
      expect(next.error).toMatchObject({ code: "UNAVAILABLE", details: { code: "NOT_CONNECTED" } });
    }),
    check("a command that is not allowed, or not declared, never reaches the node", async (visit, expect) => {
      const { operator, node, nodeId } = await approvedNode(visit, ["system.which", "acid.echo", "camera.snap"]);
      const refused = async (command: string) =>
        (await operator.request("node.invoke", invoke(nodeId, { command }))).error;
      expect(await refused("acid.echo")).toMatchObject({
        code: "INVALID_REQUEST",
        message: 'node command not allowed: "acid.echo" is not in the allowlist for platform "linux"',
      });
      expect((await refused("camera.snap"))?.message).toMatch(
        /requires explicit gateway\.nodes\.commands\.allow opt-in/,
      );
      expect(await refused("system.notify")).toMatchObject({ details: { reason: "command not declared by node" } });
      expect((await refused("system.execApprovals.get"))?.message).toMatch(/use exec\.approvals\.node/);
      expect(node.events("node.invoke.request")).toEqual([]);
    }),
    check("a caller's word that a command was approved is not believed", async (visit, expect) => {
      const { operator, nodeId } = await approvedNode(visit, ["system.run"]);
      const run = (params: Record<string, unknown>) =>
        operator.request(
          "node.invoke",
          invoke(nodeId, { command: "system.run", params: { command: ["ls"], ...params } }),
        );
      expect((await run({ approved: true })).error).toMatchObject({ details: { code: "MISSING_RUN_ID" } });
      expect((await run({ approved: true, runId: "made-up" })).error).toMatchObject({
        details: { code: "UNKNOWN_APPROVAL_ID" },
      });
    }),
    check("a node cannot answer in another's name", async (visit, expect) => {
      const { node, nodeId } = await approvedNode(visit);
      const answer = await node.request("node.invoke.result", { id: "x", nodeId: "another", ok: true });
      expect(answer.error).toMatchObject({ code: "INVALID_REQUEST", message: "nodeId mismatch" });
      expect(await node.call("node.invoke.result", { id: "x", nodeId, ok: true })).toEqual({ ok: true, ignored: true });
    }),
    check("what a node says of its computer is passed on", async (visit, expect) => {
      const { operator, node, nodeId } = await approvedNode(visit);
      const stats = { cpuCount: 2, loadAverage: [1, 2, 3], memoryTotalBytes: 100, memoryFreeBytes: 50 };
      const sent = { event: "node.host.stats", payloadJSON: JSON.stringify(stats) };
      expect(await node.call("node.event", sent)).toMatchObject({ ok: true, handled: true });
      const event = await operator.event("node.hostStats", ofNode(nodeId));
      expect(event.payload).toMatchObject({ nodeId, hostStats: stats });
      expect(await node.call("node.event", { event: "acid.test", payload: {} })).toEqual({
        ok: true,
        event: "acid.test",
        handled: false,
        reason: "unsupported_event",
      });
    }),
    check("a node can be renamed", async (visit, expect) => {
      const { operator, nodeId } = await approvedNode(visit);
      const renamed = { nodeId, displayName: "kitchen" };
      expect(await operator.call("node.rename", renamed)).toEqual(renamed);
      expect(await operator.call("node.describe", { nodeId })).toMatchObject({ displayName: "kitchen" });
    }),
    check("a node that is removed is thrown out and gone", async (visit, expect) => {
      const { operator, node, nodeId } = await approvedNode(visit);
      expect(await operator.call("node.pair.remove", { nodeId })).toEqual({ nodeId });
      expect((await node.closed).code).toBe(4001);
      const answer = await operator.request("node.describe", { nodeId });
      expect(answer.error).toMatchObject({ code: "INVALID_REQUEST", message: "unknown nodeId" });
    }),
  ],
};
