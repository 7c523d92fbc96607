import { asObject } from "../../protocol/gateway/json.ts";
import type { Memory } from "../platform/ports.ts";
import { type GatewayTarget, targetKey } from "./profile.ts";

const KEY = "openclaw.sidecarHosts";

/** On which hosts a person has chosen the sidecar, so that it is found again although OpenClaw is set up there too. */
export class SidecarHosts {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  has(target: GatewayTarget): boolean {
    return asObject(this.#memory.get(KEY))[targetKey(target)] === true;
  }

  add(target: GatewayTarget): void {
    void this.#memory.update(KEY, { ...asObject(this.#memory.get(KEY)), [targetKey(target)]: true });
  }

  remove(target: GatewayTarget): void {
    const { [targetKey(target)]: _gone, ...others } = asObject(this.#memory.get(KEY));
    void this.#memory.update(KEY, others);
  }
}
