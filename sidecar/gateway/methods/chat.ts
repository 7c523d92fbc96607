import { anything, either, flag, integer, list, nonEmpty, nullable, object, oneOf, text } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { invalid } from "../wire.ts";
import { method } from "./method.ts";
import { senderOf, submit } from "./submit.ts";

const sendParams = object(
  { sessionKey: text({ min: 1, max: 512 }), message: text(), idempotencyKey: text({ min: 1, max: 256 }) },
  {
    agentId: nonEmpty,
    sessionId: nonEmpty,
    intent: anything,
    thinking: text(),
    fastMode: either(flag, oneOf(["auto"])),
    fastAutoOnSeconds: integer({ min: 1 }),
    queueMode: oneOf(["steer", "followup", "collect", "interrupt"]),
    deliver: flag,
    originatingChannel: text(),
    originatingTo: text(),
    originatingAccountId: text(),
    originatingThreadId: text(),
    replyToId: nonEmpty,
    attachments: list(anything),
    toolBindings: anything,
    timeoutMs: integer({ min: 0 }),
    systemInputProvenance: anything,
    systemProvenanceReceipt: text(),
    suppressCommandInterpretation: flag,
    expectedLeafEntryId: nullable(nonEmpty),
    expectedSessionRoutingContract: nonEmpty,
    expectedPermissionMode: anything,
    expectedToolOverrides: anything,
  },
);
const abortParams = object({ sessionKey: nonEmpty }, { agentId: nonEmpty, runId: nonEmpty, preserveSideRuns: flag });

/** Asking and stopping. */
export const chatMethods = [
  method({
    name: "chat.send",
    scope: "operator.write",
    params: sendParams,
    call(params, context, caller) {
      requireAgent(params.agentId);
      if ((params.attachments ?? []).length > 0)
        throw invalid("this Gateway does not take attachments yet; send the message without them");
      const sessionKey = canonicalSessionKey(params.sessionKey);
      if (params.queueMode === "interrupt") context.runs.abort(sessionKey, undefined, "interrupt");
      return submit(
        { sessionKey, runId: params.idempotencyKey, text: params.message, sender: senderOf(caller) },
        context,
      );
    },
  }),
  method({
    name: "chat.abort",
    scope: "operator.write",
    params: abortParams,
    call(params, { runs }) {
      requireAgent(params.agentId);
      const runIds = runs.abort(canonicalSessionKey(params.sessionKey), params.runId, "rpc");
      return { ok: true, aborted: runIds.length > 0, runIds };
    },
  }),
];
