/**
 * The connect ladder: every connection climbs these rungs in this order. A road skips those that it has no part in
 * (a direct `ws` road has no host key). The same names stand in the log, the progress, the card and the Doctor.
 */
export const LADDER_STEPS = [
  "resolve",
  "tcp",
  "host-key",
  "ssh-auth",
  "find-gateway",
  "websocket",
  "protocol",
  "credential",
  "pairing",
  "scopes",
  "health",
] as const;

export type LadderStep = (typeof LADDER_STEPS)[number];

/** What a road tells while it climbs. `evidence` is one short fact ("192.168.1.20", "ED25519, known"), never a secret. */
export type LadderEvent =
  | { readonly type: "started"; readonly step: LadderStep; readonly at: number; readonly evidence?: string }
  | { readonly type: "passed"; readonly step: LadderStep; readonly at: number; readonly evidence?: string }
  | { readonly type: "skipped"; readonly step: LadderStep; readonly at: number; readonly evidence?: string }
  | { readonly type: "failed"; readonly step: LadderStep; readonly at: number };

export interface LadderRung {
  readonly step: LadderStep;
  readonly status: "pending" | "running" | "passed" | "skipped" | "failed";
  readonly evidence?: string;
  readonly startedAt?: number;
  /** Milliseconds, once the rung has ended. */
  readonly ms?: number;
}

export type Ladder = readonly LadderRung[];

export const emptyLadder: Ladder = LADDER_STEPS.map((step) => ({ step, status: "pending" }));

/** Pure: the ladder after one event. `at` is milliseconds on any one clock. */
export function climb(ladder: Ladder, event: LadderEvent): Ladder {
  return ladder.map((rung): LadderRung => {
    if (rung.step !== event.step) return rung;
    const evidence = "evidence" in event && event.evidence !== undefined ? { evidence: event.evidence } : {};
    if (event.type === "started") return { step: rung.step, status: "running", startedAt: event.at, ...evidence };
    return {
      step: rung.step,
      status: event.type,
      ms: Math.max(0, event.at - (rung.startedAt ?? event.at)),
      ...(rung.startedAt === undefined ? {} : { startedAt: rung.startedAt }),
      ...evidence,
    };
  });
}

/** Reports one climb. Passing or failing a step that was not started starts it at the same moment. */
export class LadderReporter {
  readonly #emit: (event: LadderEvent) => void;
  readonly #now: () => number;
  readonly #passed = new Set<LadderStep>();
  #current: LadderStep | undefined;

  constructor(emit: (event: LadderEvent) => void, now: () => number = () => performance.now()) {
    this.#emit = emit;
    this.#now = now;
  }

  /** The rung that a failure now would belong to. */
  get current(): LadderStep | undefined {
    return this.#current;
  }

  hasPassed(step: LadderStep): boolean {
    return this.#passed.has(step);
  }

  /** @param evidence what it does now, for a step that may take long: "uploading the sidecar" */
  start(step: LadderStep, evidence?: string): void {
    this.#current = step;
    this.#emit({ type: "started", step, at: this.#now(), ...(evidence === undefined ? {} : { evidence }) });
  }

  pass(step: LadderStep, evidence?: string): void {
    if (this.#current !== step) this.start(step);
    this.#passed.add(step);
    this.#emit({ type: "passed", step, at: this.#now(), ...(evidence === undefined ? {} : { evidence }) });
  }

  skip(step: LadderStep, evidence?: string): void {
    this.#emit({ type: "skipped", step, at: this.#now(), ...(evidence === undefined ? {} : { evidence }) });
  }

  fail(step: LadderStep): void {
    if (this.#current !== step) this.start(step);
    this.#emit({ type: "failed", step, at: this.#now() });
  }

  /** Takes over what another reporter of the same clock has told, with its times. */
  repeat(events: readonly LadderEvent[]): void {
    for (const event of events) {
      if (event.type === "started") this.#current = event.step;
      if (event.type === "passed") this.#passed.add(event.step);
      this.#emit(event);
    }
  }
}
