import type { NodeSurface, StoredNode } from "../store/nodes.ts";
import { approvalScopes } from "./command-policy.ts";

type View = Readonly<Record<string, unknown>>;

/** What a node said of its computer, and when, milliseconds since the epoch. */
export type HostStats = View & { readonly updatedAtMs: number };

/** A node that is connected: since when, and what it may do now. */
export interface LiveNode {
  readonly since: number;
  readonly surface: NodeSurface;
}

const identity = (node: StoredNode): View => ({
  nodeId: node.nodeId,
  clientId: node.clientId,
  clientMode: node.clientMode,
  ...optional("displayName", node.label ?? node.displayName),
  platform: node.platform,
  version: node.version,
  ...optional("deviceFamily", node.deviceFamily),
});

/** A row of `node.list`. */
export function nodeView(node: StoredNode, live: LiveNode | undefined, stats: HostStats | undefined): View {
  const { approved, pending } = node;
  const { caps, commands } = live?.surface ?? approved ?? { caps: [], commands: [] };
  return {
    ...identity(node),
    caps,
    commands: commands.toSorted(),
    sessionHost: false,
    ...optional("hostStats", stats),
    ...(live === undefined ? {} : { nodePluginTools: [] }),
    approvalState: approvalState(node),
    ...(pending === undefined
      ? {}
      : {
          pendingRequestId: pending.requestId,
          pendingDeclaredCaps: pending.caps,
          pendingDeclaredCommands: pending.commands.toSorted(),
        }),
    ...(live === undefined ? {} : { connectedAtMs: live.since }),
    lastConnectedAtMs: node.connectedAt,
    lastSeenAtMs: node.connectedAt,
    lastSeenReason: "connect",
    approvedAtMs: approved?.approvedAt ?? node.createdAt,
    paired: true,
    connected: live !== undefined,
  };
}

function approvalState({ approved, pending }: StoredNode): string {
  if (pending !== undefined) return approved === undefined ? "pending-approval" : "pending-reapproval";
  return approved === undefined ? "unapproved" : "approved";
}

/** A surface that waits, as `node.pair.list` and its event show it. Undefined when none waits. */
export function pendingNodeView(node: StoredNode): View | undefined {
  const { pending } = node;
  if (pending === undefined) return undefined;
  return {
    requestId: pending.requestId,
    ...identity(node),
    caps: pending.caps,
    commands: pending.commands,
    requiredApproveScopes: approvalScopes(pending.commands),
    ...(node.approved === undefined ? { silent: true } : {}),
    ts: pending.requestedAt,
  };
}

/** An approved node as `node.pair.list` and `node.pair.approve` show it. Undefined when nothing is approved. */
export function pairedNodeView(node: StoredNode, stats: HostStats | undefined): View | undefined {
  const { approved } = node;
  if (approved === undefined) return undefined;
  return {
    ...identity(node),
    caps: approved.caps,
    commands: approved.commands,
    createdAtMs: node.createdAt,
    approvedAtMs: approved.approvedAt,
    lastConnectedAtMs: node.connectedAt,
    ...optional("lastHostStats", stats),
    lastSeenAtMs: node.connectedAt,
    lastSeenReason: "connect",
  };
}

const optional = (key: string, value: unknown): View => (value === undefined ? {} : { [key]: value });
