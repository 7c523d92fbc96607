import { decisionView, requestedView, snapshotView, summaryView } from "../../approvals/approval-views.ts";
import { DECISIONS, type Decision, type ExecApproval, type ExecWish } from "../../approvals/exec-approvals.ts";
import {
  type Schema,
  anything,
  either,
  flag,
  integer,
  list,
  nonEmpty,
  nullable,
  object,
  oneOf,
  text,
} from "../schema.ts";
import { invalid, unavailable } from "../wire.ts";
import { type Caller, type MethodContext, method } from "./method.ts";

const DEFAULT_TIMEOUT_MS = 30 * 60_000;
const MAX_TIMEOUT_MS = 24 * 60 * 60_000;

const words = nullable(text({ max: 65_536 }));
const plan = object(
  { argv: list(text(), { max: 4_096 }), cwd: words, commandText: text(), agentId: words, sessionKey: words },
  { commandPreview: words, policySnapshot: anything, mutableFileOperand: anything },
);
const requestParams = object(
  {},
  {
    id: text({ min: 1, max: 256 }),
    command: text({ min: 1, max: 65_536 }),
    commandArgv: list(text(), { max: 4_096 }),
    systemRunPlan: plan,
    env: anything,
    cwd: words,
    nodeId: nullable(nonEmpty),
    host: words,
    security: words,
    ask: words,
    warningText: words,
    scope: anything,
    unavailableDecisions: list(oneOf(DECISIONS)),
    commandSpans: list(anything),
    agentId: words,
    resolvedPath: words,
    sessionKey: words,
    sessionId: words,
    runId: words,
    toolCallId: words,
    turnSourceChannel: words,
    turnSourceTo: words,
    turnSourceAccountId: words,
    turnSourceThreadId: either(words, integer()),
    approvalReviewerDeviceIds: list(nonEmpty),
    requireDeliveryRoute: flag,
    suppressDelivery: flag,
    deliverToApprovalClientsOnly: flag,
    timeoutMs: integer({ min: 1 }),
    twoPhase: flag,
  },
);
type RequestParams = typeof requestParams extends Schema<infer T> ? T : never;

const scope = "operator.approvals";
const byId = object({ id: nonEmpty }, {});
const resolveParams = object(
  { id: nonEmpty, decision: nonEmpty },
  { reviewer: anything, grantExpiresInDays: integer({ min: 1, max: 3_650 }) },
);

/** A command that waits for a person: ask, look, decide, wait. */
export const execApprovalMethods = [
  method({
    name: "exec.approval.request",
    scope,
    params: requestParams,
    call: (params, context, caller) => request(params, context, caller),
  }),
  method({
    name: "exec.approval.list",
    scope,
    params: anything,
    call: (_params, { approvals }) => approvals.waiting().map(requestedView),
  }),
  method({
    name: "exec.approval.get",
    scope,
    params: byId,
    call(params, { approvals }) {
      const approval = approvals.find(params.id);
      if (approval === undefined || approval.verdict !== undefined) throw notFound();
      return summaryView(approval);
    },
  }),
  method({
    name: "exec.approval.resolve",
    scope,
    params: resolveParams,
    call(params, context, caller) {
      decide(params, context, caller);
      return { ok: true };
    },
  }),
  method({
    name: "exec.approval.waitDecision",
    scope,
    params: byId,
    async call(params, { approvals }) {
      const approval = approvals.find(params.id);
      const verdict = await (approval && approvals.ended(approval.id));
      if (approval === undefined || verdict === undefined) throw invalid("approval expired or not found");
      return { ...decisionView(approval, verdict), terminalReason: verdict.reason };
    },
  }),
  // Nothing else here asks for approval; those who list all kinds must not stumble over the kinds that are missing.
  method({ name: "plugin.approval.list", scope, params: anything, call: () => [] }),
  method({ name: "openclaw.approval.list", scope, params: anything, call: () => [] }),
  method({
    name: "approval.get",
    scope,
    params: byId,
    call: (params, context) => ({ approval: snapshotView(known(params.id, context)) }),
  }),
  method({
    name: "approval.resolve",
    scope,
    params: object(
      { id: nonEmpty, kind: oneOf(["exec", "plugin", "system-agent"]), decision: oneOf(DECISIONS) },
      { reviewer: anything, grantExpiresInDays: integer({ min: 1, max: 3_650 }) },
    ),
    call(params, context, caller) {
      if (params.kind !== "exec") throw notFound();
      const applied = decide(params, context, caller);
      return { applied, approval: snapshotView(known(params.id, context)) };
    },
  }),
];

async function request(
  params: RequestParams,
  { approvals }: MethodContext,
  caller: Caller,
): Promise<Readonly<Record<string, unknown>>> {
  const asked = approvals.request(wishOf(params), {
    id: params.id,
    timeoutMs: Math.min(params.timeoutMs ?? DEFAULT_TIMEOUT_MS, MAX_TIMEOUT_MS),
    from: caller.connection.id,
    now: Date.now(),
  });
  if (asked === "duplicate") throw invalid("approval id already pending");
  if (asked === "busy") throw unavailable("too many approvals are waiting; decide some of them first", 5_000);
  const { approval, ended } = asked;
  if (params.twoPhase === true && approval.verdict === undefined) {
    const { id, createdAt, expiresAt } = approval;
    const times = { createdAtMs: createdAt, expiresAtMs: expiresAt };
    caller.answerFirst({ status: "accepted", id, deliveryRoute: "approval-client", ...times });
  }
  return decisionView(approval, await ended);
}

function wishOf(params: RequestParams): ExecWish {
  const { systemRunPlan } = params;
  const command = params.command ?? systemRunPlan?.commandText.trim() ?? "";
  if (command === "") throw invalid("command is required");
  if (params.host === "node") {
    if (params.nodeId === undefined || params.nodeId === null) throw invalid("nodeId is required for host=node");
    if (systemRunPlan === undefined) throw invalid("systemRunPlan is required for host=node");
  }
  const unavailable = new Set<Decision>(params.unavailableDecisions);
  if (params.ask === "always") unavailable.add("allow-always");
  return {
    command,
    ...(params.commandArgv === undefined ? {} : { commandArgv: params.commandArgv }),
    systemRunBinding: null,
    systemRunPlan: systemRunPlan ?? null,
    allowedDecisions: DECISIONS.filter((decision) => decision === "deny" || !unavailable.has(decision)),
    ...Object.fromEntries(SHOWN.map((name) => [name, params[name] ?? null])),
  };
}

const SHOWN = [
  "cwd",
  "nodeId",
  "host",
  "security",
  "ask",
  "warningText",
  "scope",
  "agentId",
  "resolvedPath",
  "sessionKey",
  "sessionId",
  "runId",
  "toolCallId",
  "turnSourceChannel",
  "turnSourceTo",
  "turnSourceAccountId",
  "turnSourceThreadId",
] as const;

/** @returns false when it repeats what was decided before */
function decide(
  params: { readonly id: string; readonly decision: string },
  { approvals }: MethodContext,
  { connection }: Caller,
): boolean {
  const decision = DECISIONS.find((known) => known === params.decision);
  if (decision === undefined) throw invalid("invalid decision");
  const client = connection.grant?.client;
  const by = client?.displayName ?? client?.id ?? "operator";
  switch (approvals.resolve(params.id, decision, by)) {
    case "done":
      return true;
    case "same":
      return false;
    case "taken":
      throw invalid("approval already resolved", { reason: "APPROVAL_ALREADY_RESOLVED" });
    case "not-offered":
      throw invalid(`${decision} is unavailable for this command`, {
        reason: `APPROVAL_${decision.toUpperCase().replace("-", "_")}_UNAVAILABLE`,
      });
    case "unknown":
      throw notFound();
  }
}

function known(id: string, { approvals }: MethodContext): ExecApproval {
  const approval = approvals.find(id);
  if (approval === undefined) throw notFound();
  return approval;
}

const notFound = () =>
  invalid("unknown or expired approval id", {
    reason: "APPROVAL_NOT_FOUND",
    remediation: "Re-request the action; pending approvals are cleared after expiry or restart.",
  });
