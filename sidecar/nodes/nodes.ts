import { randomUUID } from "node:crypto";
import type { NodeStore, NodeSurface, StoredNode } from "../store/nodes.ts";
import { type CommandRules, grantable } from "./command-policy.ts";
import { Invocations, type NodeLink } from "./invocations.ts";
import { type HostStats, type LiveNode, nodeView, pairedNodeView, pendingNodeView } from "./node-views.ts";

type View = Readonly<Record<string, unknown>>;

/** What a node says of itself when it connects. */
export interface NodeHello {
  readonly nodeId: string;
  readonly displayName: string | undefined;
  readonly platform: string;
  readonly deviceFamily: string | undefined;
  readonly version: string;
  readonly clientId: string;
  readonly clientMode: string;
  readonly declared: NodeSurface;
}

export type NodeDecision = "approved" | "rejected" | "removed";

/** Who is told about nodes. */
export interface NodeSink {
  requested(view: View): void;
  /** `link` is the node's own socket, when it is connected. */
  resolved(resolved: View, link: NodeLink | undefined): void;
  hostStats(payload: View): void;
}

interface Session extends LiveNode {
  readonly link: NodeLink;
  readonly declared: NodeSurface;
}

const NOTHING: NodeSurface = { caps: [], commands: [] };

/**
 * The nodes: which are there, and what each may do. A node offers a surface when it connects; it may do of it what an
 * operator has approved and the config allows, and nothing before that.
 */
export class Nodes {
  readonly invocations = new Invocations();
  readonly #rules: () => CommandRules;
  readonly #store: NodeStore;
  readonly #sink: NodeSink;
  /** Sockets of each node, the newest last. */
  readonly #sessions = new Map<string, readonly Session[]>();
  readonly #stats = new Map<string, HostStats>();

  /** @param options.rules asked each time: the config may change while nodes are connected */
  constructor(options: { readonly store: NodeStore; readonly rules: () => CommandRules; readonly sink: NodeSink }) {
    this.#store = options.store;
    this.#rules = options.rules;
    this.#sink = options.sink;
  }

  /** What the config says about commands now. */
  get rules(): CommandRules {
    return this.#rules();
  }

  /** A node has come in. What it offers beyond what is approved waits for an operator. */
  attach(link: NodeLink, hello: NodeHello, now: number): void {
    const { nodeId, declared, ...about } = hello;
    const known = this.#store.get(nodeId);
    const offered = { caps: declared.caps, commands: grantable(declared.commands, hello.platform, this.rules) };
    const isCovered = known?.approved !== undefined && isWithin(offered, known.approved);
    const isSame = known?.pending !== undefined && isEqual(offered, known.pending);
    const request = isSame ? known.pending : { ...offered, requestId: randomUUID(), requestedAt: now };
    const pending = isCovered ? undefined : request;
    const node: StoredNode = {
      nodeId,
      ...about,
      label: known?.label,
      approved: known?.approved,
      pending,
      createdAt: known?.createdAt ?? now,
      connectedAt: now,
    };
    this.#store.save(node);
    const session = { link, declared, since: now, surface: allowed(node, declared, this.rules) };
    this.#sessions.set(nodeId, [...(this.#sessions.get(nodeId) ?? []), session]);
    // A node that asks for less than before has withdrawn what still waited.
    if (known?.pending !== undefined && known.pending.requestId !== pending?.requestId)
      this.#resolved(nodeId, known.pending.requestId, "rejected");
    if (pending !== undefined && !isSame) this.#sink.requested(pendingNodeView(node) ?? {});
  }

  detach(nodeId: string, link: NodeLink): void {
    const left = (this.#sessions.get(nodeId) ?? []).filter((session) => session.link !== link);
    if (left.length === 0) this.#sessions.delete(nodeId);
    else this.#sessions.set(nodeId, left);
    this.invocations.drop(link);
  }

  get(nodeId: string): StoredNode | undefined {
    return this.#store.get(nodeId);
  }

  ofRequest(requestId: string): StoredNode | undefined {
    return this.#store.ofRequest(requestId);
  }

  /** The newest socket of a node and what it may do now, undefined when it is not connected. */
  live(nodeId: string): (LiveNode & { readonly link: NodeLink; readonly declared: NodeSurface }) | undefined {
    return this.#sessions.get(nodeId)?.at(-1);
  }

  list(): readonly View[] {
    return this.#store.list().map((node) => this.view(node));
  }

  view(node: StoredNode): View {
    return nodeView(node, this.live(node.nodeId), this.#stats.get(node.nodeId));
  }

  pairing(): { readonly pending: readonly View[]; readonly paired: readonly View[] } {
    const nodes = this.#store.list();
    return {
      pending: nodes.map(pendingNodeView).filter((view) => view !== undefined),
      paired: nodes
        .map((node) => pairedNodeView(node, this.#stats.get(node.nodeId)))
        .filter((view) => view !== undefined),
    };
  }

  /** Agrees to what waits. @returns the node as it is now */
  approve(node: StoredNode, now: number): View {
    const { pending, nodeId } = node;
    if (pending === undefined) throw new Error("There is nothing to approve");
    const { caps, commands } = pending;
    const approved: StoredNode = { ...node, approved: { caps, commands, approvedAt: now }, pending: undefined };
    this.#store.save(approved);
    this.#refresh(approved);
    this.#resolved(nodeId, pending.requestId, "approved");
    return pairedNodeView(approved, this.#stats.get(nodeId)) ?? {};
  }

  reject(node: StoredNode): void {
    this.#store.save({ ...node, pending: undefined });
    this.#resolved(node.nodeId, node.pending?.requestId ?? "", "rejected");
  }

  rename(node: StoredNode, label: string): void {
    this.#store.save({ ...node, label });
  }

  /** Forgets the node. Its device, and its sockets, are the caller's to end. */
  remove(nodeId: string): void {
    this.#store.remove(nodeId);
    this.#stats.delete(nodeId);
    this.#resolved(nodeId, "", "removed");
  }

  noteStats(nodeId: string, stats: HostStats): void {
    this.#stats.set(nodeId, stats);
    this.#sink.hostStats({ nodeId, hostStats: stats });
  }

  #refresh(node: StoredNode): void {
    const sessions = this.#sessions.get(node.nodeId) ?? [];
    const now = sessions.map((session) => ({ ...session, surface: allowed(node, session.declared, this.rules) }));
    if (now.length > 0) this.#sessions.set(node.nodeId, now);
  }

  #resolved(nodeId: string, requestId: string, decision: NodeDecision): void {
    this.#sink.resolved({ requestId, nodeId, decision, ts: Date.now() }, this.live(nodeId)?.link);
  }
}

/** What a node may do: what it declares, as far as it was approved and the rules allow it today. */
function allowed(node: StoredNode, declared: NodeSurface, rules: CommandRules): NodeSurface {
  const approved = node.approved ?? NOTHING;
  return {
    caps: declared.caps.filter((cap) => approved.caps.includes(cap)),
    commands: grantable(declared.commands, node.platform, rules).filter((name) => approved.commands.includes(name)),
  };
}

const isWithin = (inner: NodeSurface, outer: NodeSurface): boolean =>
  inner.caps.every((cap) => outer.caps.includes(cap)) && inner.commands.every((name) => outer.commands.includes(name));

const isEqual = (one: NodeSurface, other: NodeSurface): boolean => isWithin(one, other) && isWithin(other, one);
