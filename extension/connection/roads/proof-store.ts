import { asObject, asStrings } from "../../../protocol/gateway/json.ts";
import type { Memory } from "../../platform/ports.ts";
import { type GatewayTarget, targetKey, targetSetting } from "../profile.ts";

const PROVEN = "openclaw.provenRoads";

/**
 * Which ways were seen to lead to which Gateway. A proof is of the way as it stood in the settings then: with another address,
 * port or pin it is another way.
 */
export class ProofStore {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  has(gateway: GatewayTarget, road: GatewayTarget): boolean {
    return this.#of(gateway).includes(written(road));
  }

  async add(gateway: GatewayTarget, road: GatewayTarget): Promise<void> {
    if (!this.has(gateway, road)) await this.#write(gateway, [...this.#of(gateway), written(road)]);
  }

  async remove(gateway: GatewayTarget, road: GatewayTarget): Promise<void> {
    if (this.has(gateway, road))
      await this.#write(
        gateway,
        this.#of(gateway).filter((known) => known !== written(road)),
      );
  }

  async forget(gateway: GatewayTarget): Promise<void> {
    await this.#write(gateway, []);
  }

  #of(gateway: GatewayTarget): readonly string[] {
    return asStrings(asObject(this.#memory.get(PROVEN))[targetKey(gateway)]);
  }

  async #write(gateway: GatewayTarget, roads: readonly string[]): Promise<void> {
    const { [targetKey(gateway)]: _before, ...others } = asObject(this.#memory.get(PROVEN));
    await this.#memory.update(PROVEN, roads.length === 0 ? others : { ...others, [targetKey(gateway)]: roads });
  }
}

const written = (road: GatewayTarget): string => JSON.stringify(targetSetting(road));
