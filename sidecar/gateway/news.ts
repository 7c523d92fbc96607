import { requestedView, resolvedView } from "../approvals/approval-views.ts";
import type { ApprovalSink } from "../approvals/exec-approvals.ts";
import type { NodeSink } from "../nodes/nodes.ts";
import type { GatewayEvents } from "./gateway-events.ts";

/** Tells those who pair what happens to nodes, and a node what was decided about it. */
export function nodeNews(events: GatewayEvents): NodeSink {
  return {
    requested: (view) => void events.tell("pairers", "node.pair.requested", view),
    resolved(view, link) {
      link?.tell("node.pair.resolved", view);
      events.tell("pairers", "node.pair.resolved", view);
    },
    hostStats: (payload) => void events.tell("readers", "node.hostStats", payload),
  };
}

/** Asks those who decide about commands; the one who asks is not among them. */
export function approvalNews(events: GatewayEvents): ApprovalSink {
  return {
    requested: (approval, from) =>
      events.tell("approvers", "exec.approval.requested", requestedView(approval), from) > 0,
    resolved: (approval, verdict) =>
      void events.tell("approvers", "exec.approval.resolved", resolvedView(approval, verdict)),
  };
}
