import { randomUUID } from "node:crypto";

/** The socket of a node, as far as this room needs it. */
export interface NodeLink {
  /** An event for this node alone; it has no number. */
  tell(event: string, payload: unknown): void;
}

export interface InvokeRequest {
  readonly nodeId: string;
  readonly command: string;
  /** Undefined when the caller gave none. */
  readonly params: unknown;
  readonly timeoutMs: number;
  readonly idempotencyKey: string;
}

/** What a node answered, or why it did not: `TIMEOUT`, `DISCONNECTED`, or a code of its own. */
export type InvokeOutcome =
  | { readonly ok: true; readonly payload: unknown; readonly payloadJSON: string | null }
  | { readonly ok: false; readonly code: string; readonly message: string };

interface Pending {
  readonly link: NodeLink;
  readonly request: InvokeRequest;
  readonly timer: NodeJS.Timeout;
  readonly end: (outcome: InvokeOutcome) => void;
}

/** What is being asked of nodes right now. Each question gets exactly one outcome. */
export class Invocations {
  readonly #pending = new Map<string, Pending>();

  /** How many wait for this node. */
  waitingFor(link: NodeLink): number {
    let count = 0;
    for (const pending of this.#pending.values()) if (pending.link === link) count += 1;
    return count;
  }

  /** Asks, and resolves with what came of it. Never rejects. */
  ask(link: NodeLink, request: InvokeRequest): Promise<InvokeOutcome> {
    const id = randomUUID();
    const { nodeId, command, params, timeoutMs, idempotencyKey } = request;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        link.tell("node.invoke.cancel", { invokeId: id, nodeId });
        this.#end(id, { ok: false, code: "TIMEOUT", message: "node invoke timed out" });
      }, timeoutMs);
      this.#pending.set(id, { link, request, timer, end: resolve });
      const paramsJSON = params === undefined ? null : JSON.stringify(params);
      link.tell("node.invoke.request", { id, nodeId, command, paramsJSON, timeoutMs, idempotencyKey });
    });
  }

  /**
   * Takes a node's answer. False when nobody waits for it any more, or it comes from another socket than the one that was
   * asked: a node cannot answer for another.
   */
  answer(id: string, link: NodeLink, outcome: InvokeOutcome): boolean {
    if (this.#pending.get(id)?.link !== link) return false;
    this.#end(id, outcome);
    return true;
  }

  /** The socket is gone: whoever waits for it is told. */
  drop(link: NodeLink): void {
    for (const [id, pending] of this.#pending) {
      if (pending.link !== link) continue;
      const message = `node disconnected (${pending.request.command})`;
      this.#end(id, { ok: false, code: "DISCONNECTED", message });
    }
  }

  #end(id: string, outcome: InvokeOutcome): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.end(outcome);
  }
}
