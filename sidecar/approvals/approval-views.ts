import type { ExecApproval, Verdict } from "./exec-approvals.ts";

type View = Readonly<Record<string, unknown>>;

/** An approval as `exec.approval.list` and its event show it. */
export const requestedView = ({ id, wish, createdAt, expiresAt }: ExecApproval): View => ({
  approvalKind: "exec",
  id,
  request: wish,
  createdAtMs: createdAt,
  expiresAtMs: expiresAt,
});

/** Payload of `exec.approval.resolved`: no decision in time is a no. */
export const resolvedView = ({ id, wish }: ExecApproval, verdict: Verdict): View => ({
  id,
  decision: verdict.decision ?? "deny",
  resolvedBy: verdict.by,
  ts: verdict.at,
  request: wish,
});

/** What the requester and those who wait are answered. */
export const decisionView = ({ id, createdAt, expiresAt }: ExecApproval, verdict: Verdict): View => ({
  id,
  decision: verdict.decision,
  createdAtMs: createdAt,
  expiresAtMs: expiresAt,
});

/** Payload of `exec.approval.get`. */
export const summaryView = ({ id, wish, expiresAt }: ExecApproval): View => ({
  id,
  ...shown(wish),
  expiresAtMs: expiresAt,
});

/** An approval as `approval.get` and `approval.resolve` show it, waiting or over. */
export function snapshotView(approval: ExecApproval): View {
  const { id, wish, createdAt, expiresAt, verdict } = approval;
  return {
    id,
    status: statusOf(verdict),
    presentation: { kind: "exec", ...shown(wish), warningText: wish["warningText"] ?? null },
    urlPath: `/approve/${encodeURIComponent(id)}`,
    createdAtMs: createdAt,
    expiresAtMs: expiresAt,
    ...(verdict === undefined
      ? {}
      : {
          resolvedAtMs: verdict.at,
          reason: verdict.reason,
          resolver: verdict.by === null ? { kind: "system" } : { kind: "operator", id: verdict.by },
          ...(verdict.decision === null ? {} : { decision: verdict.decision }),
        }),
  };
}

function statusOf(verdict: Verdict | undefined): string {
  if (verdict === undefined) return "pending";
  if (verdict.reason === "timeout") return "expired";
  return verdict.decision === null || verdict.decision === "deny" ? "denied" : "allowed";
}

const shown = (wish: ExecApproval["wish"]): View => ({
  commandText: wish.command,
  commandPreview: null,
  allowedDecisions: wish.allowedDecisions,
  host: wish["host"] ?? null,
  nodeId: wish["nodeId"] ?? null,
  agentId: wish["agentId"] ?? null,
});
