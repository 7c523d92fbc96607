import type { StoredNode } from "../../store/nodes.ts";
import { approvalScopes, refuseCommand } from "../../nodes/command-policy.ts";
import type { InvokeOutcome } from "../../nodes/invocations.ts";
import { covers } from "../auth/scopes.ts";
import { type Schema, anything, either, integer, nonEmpty, object, text } from "../schema.ts";
import { MethodError, invalid, unavailable } from "../wire.ts";
import { checkSystemRun } from "./system-run.ts";
import { closeSockets, manages } from "./device-sockets.ts";
import { type MethodContext, method, missingScope } from "./method.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 600_000;
/** Questions that may wait for one node. */
const MAX_WAITING = 256;

const nothing = object({}, {});
const oneNode = object({ nodeId: nonEmpty }, {});
const oneRequest = object({ requestId: nonEmpty }, {});
const invokeParams = object(
  { nodeId: nonEmpty, command: nonEmpty, idempotencyKey: nonEmpty },
  {
    params: anything,
    timeoutMs: integer({ min: 0 }),
    sessionKey: nonEmpty,
    turnSourceChannel: text(),
    turnSourceTo: text(),
    turnSourceAccountId: text(),
    turnSourceThreadId: either(text(), integer()),
  },
);
type InvokeParams = typeof invokeParams extends Schema<infer T> ? T : never;

/** Nodes as an operator sees them: look, ask, agree, name, throw out. */
export const nodeMethods = [
  method({
    name: "node.list",
    scope: "operator.read",
    params: nothing,
    call: (_params, { nodes }) => ({ ts: Date.now(), nodes: nodes.list() }),
  }),
  method({
    name: "node.describe",
    scope: "operator.read",
    params: oneNode,
    call: (params, context) => ({ ts: Date.now(), ...context.nodes.view(nodeOf(params.nodeId, context)) }),
  }),
  method({
    name: "node.rename",
    scope: "operator.pairing",
    params: object({ nodeId: nonEmpty, displayName: text({ min: 1, max: 256 }) }, {}),
    call(params, context) {
      const displayName = params.displayName.trim();
      if (displayName === "") throw invalid("displayName required");
      context.nodes.rename(nodeOf(params.nodeId, context), displayName);
      return { nodeId: params.nodeId, displayName };
    },
  }),
  method({
    name: "node.invoke",
    scope: "operator.write",
    params: invokeParams,
    call: (params, context) => invoke(params, context),
  }),
  method({
    name: "node.pair.list",
    scope: "operator.pairing",
    params: nothing,
    call: (_params, { nodes }) => nodes.pairing(),
  }),
  method({
    name: "node.pair.approve",
    scope: "operator.pairing",
    params: oneRequest,
    call(params, { nodes }, caller) {
      const node = requestOf(params.requestId, nodes);
      const required = approvalScopes(node.pending?.commands ?? []);
      const missing = required.find((scope) => !covers(caller.scopes, scope));
      if (missing !== undefined) throw new MethodError(missingScope(missing, required));
      return { requestId: params.requestId, node: nodes.approve(node, Date.now()) };
    },
  }),
  method({
    name: "node.pair.reject",
    scope: "operator.pairing",
    params: oneRequest,
    call(params, { nodes }) {
      const node = requestOf(params.requestId, nodes);
      nodes.reject(node);
      return { requestId: params.requestId, nodeId: node.nodeId };
    },
  }),
  method({
    name: "node.pair.remove",
    scope: "operator.pairing",
    params: oneNode,
    call({ nodeId }, context, caller) {
      const { store, nodes } = context;
      const device = store.devices.get(nodeId);
      if (device === undefined || !device.roles.includes("node") || !manages(caller, nodeId))
        throw invalid("unknown nodeId");
      const roles = device.roles.filter((role) => role !== "node");
      store.transaction(() => {
        nodes.remove(nodeId);
        if (roles.length === 0) store.devices.remove(nodeId);
        else store.devices.save({ ...device, roles });
      });
      closeSockets({ deviceId: nodeId, role: "node" }, context);
      return { nodeId };
    },
  }),
];

function nodeOf(nodeId: string, { nodes }: MethodContext): StoredNode {
  const node = nodes.get(nodeId);
  if (node === undefined) throw invalid("unknown nodeId");
  return node;
}

function requestOf(requestId: string, nodes: MethodContext["nodes"]): StoredNode {
  const node = nodes.ofRequest(requestId);
  if (node === undefined) throw invalid("unknown requestId");
  return node;
}

async function invoke(params: InvokeParams, context: MethodContext): Promise<Readonly<Record<string, unknown>>> {
  const { nodes } = context;
  const { nodeId, idempotencyKey } = params;
  const command = params.command.trim();
  if (command === "") throw invalid("nodeId and command required");
  if (command.startsWith("system.execApprovals.")) {
    throw invalid("node.invoke does not allow system.execApprovals.*; use exec.approvals.node.*", { command });
  }
  const node = nodes.get(nodeId);
  // Unknown, or nobody has agreed to anything: it may have been different a moment ago.
  if (node?.approved === undefined) throw pairingChanged();
  const live = nodes.live(nodeId);
  if (live === undefined) throw notConnected();
  const refusal = refuseCommand(command, node.platform, nodes.rules);
  if (refusal !== undefined) throw notAllowed(refusal, "command not allowlisted", command);
  if (!live.surface.commands.includes(command)) {
    const why = `the node (platform: ${node.platform.slice(0, 64)}) does not support "${command}"`;
    throw notAllowed(why, "command not declared by node", command);
  }
  if (nodes.invocations.waitingFor(live.link) >= MAX_WAITING)
    throw unavailable("too many invocations wait for this node; try again later", 5_000);
  const outcome = await nodes.invocations.ask(live.link, {
    nodeId,
    command,
    idempotencyKey,
    params: command === "system.run" ? checkSystemRun(params.params, nodeId, context) : params.params,
    timeoutMs: Math.min(params.timeoutMs || DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS),
  });
  if (!outcome.ok) throw nodeFailed(outcome);
  return { ok: true, nodeId, command, payload: outcome.payload ?? null, payloadJSON: outcome.payloadJSON };
}

/** The pairing of a node is not, or no longer, what a call needs. */
export const pairingChanged = (): MethodError =>
  new MethodError({
    code: "UNAVAILABLE",
    message: "node pairing changed while invocation was active",
    retryable: true,
    details: { code: "PAIRING_CHANGED" },
  });

function notConnected(): MethodError {
  const nodeError = { code: "NOT_CONNECTED", message: "node not connected" };
  const details = { code: nodeError.code, nodeError, nodeCommandDispatched: false };
  return new MethodError({ code: "UNAVAILABLE", message: nodeError.message, details });
}

const notAllowed = (why: string, reason: string, command: string): MethodError =>
  invalid(`node command not allowed: ${why}`, { reason, command });

function nodeFailed({ code, message }: Extract<InvokeOutcome, { ok: false }>): MethodError {
  const details = { nodeError: { code, message }, nodeCommandDispatched: true };
  return new MethodError({ code: "UNAVAILABLE", message: `${code}: ${message}`, details });
}
