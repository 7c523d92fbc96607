import { isRecord } from "../../json.ts";
import { type Schema, anything, flag, integer, list, nonEmpty, object, oneOf, text } from "../schema.ts";
import { invalid } from "../wire.ts";
import { type Caller, type MethodContext, method } from "./method.ts";
import { pairingChanged } from "./nodes.ts";

const MAX_STATS_CHARS = 4_096;
const STAT_NUMBERS = [
  "cpuCount",
  "memoryTotalBytes",
  "memoryFreeBytes",
  "diskTotalBytes",
  "diskAvailableBytes",
] as const;

const resultParams = object(
  { id: nonEmpty, nodeId: nonEmpty, ok: flag },
  {
    payload: anything,
    payloadJSON: text(),
    error: object({}, { code: text({ max: 256 }), message: text({ max: 65_536 }), details: anything }),
  },
);
type ResultParams = typeof resultParams extends Schema<infer T> ? T : never;
const eventParams = object({ event: nonEmpty }, { payload: anything, payloadJSON: text() });

const onlyNodes = { roles: ["node"], scope: "none" } as const;

/** What nodes say: answers to what they were asked, and news of themselves. */
export const nodeSideMethods = [
  method({
    ...onlyNodes,
    name: "node.invoke.result",
    params: resultParams,
    call(params, { nodes }, caller) {
      requireOwn(params.nodeId, caller);
      const isTaken = nodes.invocations.answer(params.id, caller.connection, outcomeOf(params));
      return isTaken ? { ok: true } : { ok: true, ignored: true };
    },
  }),
  method({
    ...onlyNodes,
    name: "node.invoke.progress",
    params: object(
      { invokeId: nonEmpty, nodeId: nonEmpty, seq: integer({ min: 0 }), chunk: text({ max: 16_384 }) },
      { stream: oneOf(["stdout", "stderr"]) },
    ),
    call(params, _context, caller) {
      requireOwn(params.nodeId, caller);
      // `node.invoke` answers once, with the whole: nobody listens to the parts.
      return { ok: true, ignored: true };
    },
  }),
  method({
    ...onlyNodes,
    name: "node.event",
    params: eventParams,
    call(params, { nodes }, caller) {
      const nodeId = nodeIdOf(caller);
      const { event } = params;
      if (nodes.get(nodeId)?.approved === undefined) throw pairingChanged();
      if (event === "node.host.stats") {
        const stats = readStats(params);
        if (stats === undefined) return { ok: true, event, handled: false, reason: "invalid_payload" };
        nodes.noteStats(nodeId, { ...stats, updatedAtMs: Date.now() });
        return { ok: true, event, handled: true, reason: "updated" };
      }
      const isExec = ["exec.started", "exec.finished", "exec.denied"].includes(event);
      return { ok: true, event, handled: false, reason: isExec ? "unmatched_exec_event" : "unsupported_event" };
    },
  }),
  // The agent here has no tools and no skills of nodes: what a node publishes is taken note of as nothing.
  method({
    ...onlyNodes,
    name: "node.pluginTools.update",
    params: object({ tools: list(anything, { max: 512 }) }, {}),
    call: (_params, _context, caller) => ({ nodeId: nodeIdOf(caller), tools: [] }),
  }),
  method({
    ...onlyNodes,
    name: "node.skills.update",
    params: object({ skills: list(anything, { max: 512 }) }, {}),
    call: (_params, _context, caller) => ({ nodeId: nodeIdOf(caller), skills: [] }),
  }),
];

/** The node behind a connection of that role: its device. */
function nodeIdOf({ connection }: Pick<Caller, "connection">): string {
  const nodeId = connection.grant?.deviceId;
  if (nodeId === undefined) throw invalid("device identity required");
  return nodeId;
}

function requireOwn(nodeId: string, caller: Caller): void {
  if (nodeId !== nodeIdOf(caller)) throw invalid("nodeId mismatch");
}

function outcomeOf(params: ResultParams): Parameters<MethodContext["nodes"]["invocations"]["answer"]>[2] {
  const { ok, payload, payloadJSON, error } = params;
  if (!ok) return { ok, code: error?.code ?? "UNAVAILABLE", message: error?.message ?? "node invoke failed" };
  if (payloadJSON === undefined) return { ok, payload, payloadJSON: null };
  return { ok, payload: parse(payloadJSON), payloadJSON };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

/** What is understood of `node.host.stats`; a node cannot store anything else here. */
function readStats(params: {
  readonly payload?: unknown;
  readonly payloadJSON?: string;
}): Readonly<Record<string, unknown>> | undefined {
  if ((params.payloadJSON?.length ?? 0) > MAX_STATS_CHARS) return undefined;
  const given = params.payloadJSON === undefined ? params.payload : parse(params.payloadJSON);
  if (!isRecord(given)) return undefined;
  const load = given["loadAverage"];
  return {
    ...Object.fromEntries(STAT_NUMBERS.flatMap((name) => (isCount(given[name]) ? [[name, given[name]]] : []))),
    ...(Array.isArray(load) && load.length === 3 && load.every(isCount) ? { loadAverage: load } : {}),
  };
}

const isCount = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;
