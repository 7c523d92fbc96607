import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../../json.ts";
import { invalid } from "../wire.ts";
import type { MethodContext } from "./method.ts";

/**
 * The parameters of a `system.run` as the node gets them. A caller's word that the command was approved is not believed:
 * it must name an approval that an operator gave here, for this node and this very command, and what is sent is what the
 * operator saw. An allowance for once is gone afterwards.
 * @throws MethodError when the approval is missing, refused, or another's
 */
export function checkSystemRun(params: unknown, nodeId: string, { approvals }: MethodContext): unknown {
  if (!isRecord(params)) return params;
  const { approved, approvalDecision, ...rest } = params;
  const runId = typeof rest["runId"] === "string" ? rest["runId"].trim() : "";
  if (approved !== true && approvalDecision === undefined)
    return { ...rest, runId: runId === "" ? randomUUID() : runId };
  if (runId === "") throw invalid("approval override requires params.runId", { code: "MISSING_RUN_ID" });
  const approval = approvals.find(runId);
  const { decision } = approval?.verdict ?? {};
  const plan = approval?.wish["systemRunPlan"];
  if (approval?.id !== runId || decision === undefined || decision === null || decision === "deny" || !isRecord(plan)) {
    throw invalid("unknown or expired approval id", { code: "UNKNOWN_APPROVAL_ID", runId });
  }
  const { argv, cwd, commandText, agentId, sessionKey } = plan;
  if (approval.wish["nodeId"] !== nodeId || !isDeepStrictEqual(rest["command"], argv)) {
    throw invalid("approval id does not match request", { code: "APPROVAL_REQUEST_MISMATCH", runId });
  }
  if (decision === "allow-once") approvals.spend(runId);
  const canonical = { command: argv, rawCommand: commandText, cwd, agentId, sessionKey, runId };
  return { ...rest, ...canonical, approved: true, approvalDecision: decision };
}
