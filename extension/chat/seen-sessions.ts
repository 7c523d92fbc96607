import { asNumber, asObject } from "../../protocol/gateway/json.ts";
import type { Memory } from "../platform/ports.ts";

/** Sessions that are remembered for a Gateway; the ones that were left the longest time ago are forgotten. */
const MOST = 200;

/**
 * Up to which moment each session of a Gateway was on screen in this workspace: the Gateway's own time of its last change,
 * so that two clocks never matter.
 */
export class SeenSessions {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Milliseconds since the epoch; `undefined` for one that was never on screen. */
  until(gateway: string, sessionKey: string): number | undefined {
    const entries = this.#read(gateway);
    return entries.find(([key]) => key === sessionKey)?.[1];
  }

  note(gateway: string, sessionKey: string, updatedAt: number): void {
    const others = this.#read(gateway).filter(([key]) => key !== sessionKey);
    void this.#memory.update(keyOf(gateway), Object.fromEntries([...others, [sessionKey, updatedAt]].slice(-MOST)));
  }

  #read(gateway: string): readonly (readonly [string, number])[] {
    return Object.entries(asObject(this.#memory.get(keyOf(gateway)))).flatMap(([key, value]) => {
      const at = asNumber(value);
      return at === undefined ? [] : [[key, at] as const];
    });
  }
}

const keyOf = (gateway: string): string => `openclaw.seen:${gateway}`;
