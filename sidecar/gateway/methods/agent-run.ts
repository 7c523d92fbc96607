import { randomUUID } from "node:crypto";
import { AGENT_ID } from "../../agent/agent-id.ts";
import { type RunOutcome, readOutcome } from "../../agent/run-outcome.ts";
import { type Schema, anything, flag, integer, list, nonEmpty, object, oneOf, text } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { MethodError, invalid } from "../wire.ts";
import { type Caller, type MethodContext, method } from "./method.ts";
import { CHANNEL_REQUIRED, refuseChannel } from "./send.ts";
import { senderOf, submit } from "./submit.ts";

const DEFAULT_WAIT_MS = 30_000;
const MAX_WAIT_MS = 60 * 60_000;

type View = Readonly<Record<string, unknown>>;

const agentParams = object(
  { message: nonEmpty, idempotencyKey: text({ min: 1, max: 256 }) },
  {
    agentId: nonEmpty,
    provider: text(),
    model: text(),
    to: text(),
    replyTo: text(),
    sessionId: text({ max: 256 }),
    sessionKey: text({ max: 512 }),
    expectedExistingSessionId: nonEmpty,
    thinking: text(),
    deliver: flag,
    attachments: list(anything),
    channel: text(),
    replyChannel: text(),
    accountId: text(),
    replyAccountId: text(),
    threadId: text(),
    groupId: text(),
    groupChannel: text(),
    groupSpace: text(),
    timeout: integer({ min: 0 }),
    bestEffortDeliver: flag,
    lane: text(),
    cwd: nonEmpty,
    promptMode: oneOf(["full", "minimal", "none"]),
    extraSystemPrompt: text(),
    inputProvenance: anything,
    voiceWakeTrigger: text(),
    label: text({ min: 1, max: 512 }),
  },
);
type AgentParams = typeof agentParams extends Schema<infer T> ? T : never;

/** A run that is asked for and answered in one call, and the wait for any run. */
export const agentRunMethods = [
  method({
    name: "agent",
    scope: "operator.write",
    params: agentParams,
    call: (params, context, caller) => runAgent(params, context, caller),
  }),
  method({
    name: "agent.wait",
    scope: "operator.write",
    params: object({ runId: nonEmpty }, { timeoutMs: integer({ min: 0 }) }),
    async call({ runId, timeoutMs = DEFAULT_WAIT_MS }, { runs, store }) {
      await within(Math.min(timeoutMs, MAX_WAIT_MS), runs.whenOver(runId));
      const outcome = readOutcome(store, runId);
      return outcome === undefined ? { runId, status: "timeout" } : waitView(runId, outcome);
    },
  }),
];

/** Answers twice: that the question is safe, and how the run ended. A repetition is answered once. */
async function runAgent(params: AgentParams, context: MethodContext, caller: Caller): Promise<View> {
  if (params.agentId !== undefined && params.agentId.toLowerCase() !== AGENT_ID) {
    throw invalid(`invalid agent params: unknown agent id "${params.agentId.slice(0, 64)}"`);
  }
  requireAgent(params.agentId);
  if ((params.attachments ?? []).length > 0)
    throw invalid("this Gateway does not take attachments yet; send the message without them");
  refuseDelivery(params);
  const runId = params.idempotencyKey;
  const sessionKey = sessionKeyOf(params);
  const sender = senderOf(caller);
  const { status } = submit({ sessionKey, runId, text: params.message, sender }, context);
  const about = { runId, sessionKey, agentId: AGENT_ID };
  if (status === "in_flight") return { ...about, status };
  if (status === "started") caller.answerFirst({ ...about, status: "accepted", acceptedAt: Date.now() });
  await context.runs.whenOver(runId);
  const outcome = readOutcome(context.store, runId);
  // The session was deleted while the run was on its way: nothing is left to tell.
  if (outcome === undefined) return { runId, status: "timeout", summary: "aborted" };
  return finalView(runId, sessionKey, outcome);
}

/** Nothing here can be delivered anywhere but into the session. */
function refuseDelivery(params: AgentParams): void {
  const channel = (params.replyChannel ?? params.channel ?? "").trim();
  if (params.deliver === true && params.bestEffortDeliver !== true) {
    throw invalid(channel === "" ? CHANNEL_REQUIRED : refuseChannel(channel));
  }
  if (channel !== "" && channel !== "webchat" && params.sessionKey === undefined && params.deliver !== false) {
    throw invalid(`Unable to resolve a session route for channel "${channel.slice(0, 64)}"`);
  }
}

function sessionKeyOf({ sessionKey, sessionId, agentId, idempotencyKey }: AgentParams): string {
  if (sessionKey !== undefined && sessionKey !== "") return canonicalSessionKey(sessionKey);
  if (sessionId !== undefined && sessionId !== "") return canonicalSessionKey(`explicit:${sessionId}`);
  return canonicalSessionKey(agentId === undefined ? `explicit:${idempotencyKey || randomUUID()}` : "main");
}

function finalView(runId: string, sessionKey: string, outcome: RunOutcome): View {
  const { status, text: answer, usage, provider, model, sessionId } = outcome;
  if (status === "aborted") return { runId, status: "timeout", summary: "aborted", stopReason: outcome.stopReason };
  if (status === "error") {
    const summary = outcome.error ?? "the run failed";
    throw new MethodError({ code: "UNAVAILABLE", message: summary }, { runId, status, summary });
  }
  return {
    runId,
    status,
    summary: "completed",
    result: {
      payloads: answer === "" ? [] : [{ text: answer, mediaUrl: null }],
      meta: {
        durationMs: outcome.endedAt - outcome.startedAt,
        agentMeta: {
          sessionId,
          sessionFile: sessionKey,
          provider,
          model,
          usage: { ...usage, total: usage.input + usage.output },
        },
      },
    },
  };
}

function waitView(runId: string, { status, startedAt, endedAt, stopReason, error, text: answer }: RunOutcome): View {
  return {
    runId,
    status: status === "ok" ? "ok" : "error",
    startedAt,
    endedAt,
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(error === undefined ? {} : { error }),
    ...(status === "ok" ? { terminalReply: { disposition: "visible", text: answer } } : {}),
  };
}

/** Waits for `over`, at most so long. */
async function within(ms: number, over: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([over, late]);
  clearTimeout(timer);
}
