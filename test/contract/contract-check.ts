import type { ExpectStatic } from "vitest";
import type { Visit } from "./visit.ts";

/** Proves one sentence; `expect` belongs to the test that runs it, so that checks may run at once. */
export type Proof = (visit: Visit, expect: ExpectStatic) => Promise<void>;

/** One sentence that holds for every Gateway of this protocol, and the visit that proves it. */
export interface ContractCheck {
  readonly name: string;
  /** For the few that must wait on the Gateway's own clock, milliseconds. */
  readonly timeoutMs?: number;
  readonly run: Proof;
}

/** Sentences about one thing. */
export interface ContractGroup {
  readonly about: string;
  /** The checks wait on clocks and not on each other: they may run at once. */
  readonly together?: true;
  readonly checks: readonly ContractCheck[];
}

/** Writes a check down as a sentence. */
export function check(name: string, run: Proof): ContractCheck {
  return { name, run };
}
