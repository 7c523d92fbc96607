import { randomUUID } from "node:crypto";

export const DECISIONS = ["allow-once", "allow-always", "deny"] as const;
export type Decision = (typeof DECISIONS)[number];

/** What somebody wants to run: the payload of the request, with null for what was not said. */
export type ExecWish = Readonly<Record<string, unknown>> & {
  readonly command: string;
  readonly allowedDecisions: readonly Decision[];
};

/** How an approval ended: a person decided, nobody did in time, or there was nobody to ask. */
export interface Verdict {
  readonly decision: Decision | null;
  readonly reason: "user" | "timeout" | "no-route";
  readonly by: string | null;
  readonly at: number;
}

/** One question to the operators. Times are milliseconds since the epoch. */
export interface ExecApproval {
  readonly id: string;
  readonly wish: ExecWish;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Undefined while it waits. */
  readonly verdict: Verdict | undefined;
}

/** Who is told, and whether anybody is there to be asked. */
export interface ApprovalSink {
  requested(approval: ExecApproval, from: string): boolean;
  resolved(approval: ExecApproval, verdict: Verdict): void;
}

export type ResolveOutcome = "done" | "same" | "taken" | "unknown" | "not-offered";

interface Entry {
  approval: ExecApproval;
  readonly timer: NodeJS.Timeout | undefined;
  readonly ended: Promise<Verdict>;
  readonly end: (verdict: Verdict) => void;
}

/** Approvals that wait at once, and ended ones that are remembered. */
const MAX_WAITING = 256;
const MAX_REMEMBERED = 512;
/** An ended approval can be asked about for this long. */
const REMEMBER_MS = 10 * 60_000;
/** The shortest beginning of an id that names it. */
const MIN_PREFIX = 6;

/**
 * Commands that wait for a person. The first decision counts, and no decision is a no: what times out, or cannot be asked
 * because nobody is there, is not allowed. Nothing here outlives the process; a restart is a no as well.
 */
export class ExecApprovals {
  readonly #sink: ApprovalSink;
  readonly #entries = new Map<string, Entry>();

  constructor(sink: ApprovalSink) {
    this.#sink = sink;
  }

  /**
   * Asks the operators. `from` is the connection that asks; it is not asked itself.
   * @returns the approval and how it will end, or why it cannot be asked
   */
  request(
    wish: ExecWish,
    options: {
      readonly id: string | undefined;
      readonly timeoutMs: number;
      readonly from: string;
      readonly now: number;
    },
  ): { readonly approval: ExecApproval; readonly ended: Promise<Verdict> } | "duplicate" | "busy" {
    const { now, timeoutMs } = options;
    this.#forget(now);
    const id = options.id ?? randomUUID();
    if (this.#entries.has(id)) return "duplicate";
    if (this.waiting().length >= MAX_WAITING) return "busy";
    const { promise: ended, resolve: end } = Promise.withResolvers<Verdict>();
    const approval: ExecApproval = { id, wish, createdAt: now, expiresAt: now + timeoutMs, verdict: undefined };
    const timer = setTimeout(() => {
      this.#settle(id, { decision: null, reason: "timeout", by: null, at: Date.now() });
    }, timeoutMs).unref();
    this.#entries.set(id, { approval, timer, ended, end });
    if (!this.#sink.requested(approval, options.from)) {
      this.#settle(id, { decision: null, reason: "no-route", by: null, at: now });
    }
    return { approval: this.#entries.get(id)?.approval ?? approval, ended };
  }

  /** Those that still wait, the oldest first. */
  waiting(): readonly ExecApproval[] {
    return [...this.#entries.values()].flatMap(({ approval }) => (approval.verdict === undefined ? [approval] : []));
  }

  /** By its id, or by the beginning of it when only one that waits begins so. */
  find(idOrPrefix: string): ExecApproval | undefined {
    const exact = this.#entries.get(idOrPrefix)?.approval;
    if (exact !== undefined || idOrPrefix.length < MIN_PREFIX) return exact;
    const matches = this.waiting().filter(({ id }) => id.startsWith(idOrPrefix));
    return matches.length === 1 ? matches[0] : undefined;
  }

  /** How an approval ends, also when it has; undefined when there is none of this id. */
  ended(id: string): Promise<Verdict> | undefined {
    return this.#entries.get(id)?.ended;
  }

  /** A person decides. `same` repeats what was decided, `taken` contradicts it. */
  resolve(id: string, decision: Decision, by: string): ResolveOutcome {
    const approval = this.find(id);
    if (approval === undefined) return "unknown";
    const { verdict } = approval;
    if (verdict !== undefined) return verdict.decision === decision ? "same" : "taken";
    if (!approval.wish.allowedDecisions.includes(decision)) return "not-offered";
    this.#settle(approval.id, { decision, reason: "user", by, at: Date.now() });
    return "done";
  }

  /** Takes an allowance that is good for one time: it cannot be used again. */
  spend(id: string): void {
    this.#entries.delete(id);
  }

  #settle(id: string, verdict: Verdict): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.approval.verdict !== undefined) return;
    clearTimeout(entry.timer);
    entry.approval = { ...entry.approval, verdict };
    if (verdict.reason !== "no-route") this.#sink.resolved(entry.approval, verdict);
    entry.end(verdict);
  }

  #forget(now: number): void {
    const over = [...this.#entries.values()].filter(({ approval }) => approval.verdict !== undefined);
    for (const [index, { approval }] of over.entries()) {
      const isOld = (approval.verdict?.at ?? now) < now - REMEMBER_MS;
      if (isOld || index < over.length - MAX_REMEMBERED) this.#entries.delete(approval.id);
    }
  }
}
