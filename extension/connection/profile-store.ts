import { asNumber, asObject, isObject } from "../../protocol/gateway/json.ts";
import type { Disposable } from "../../protocol/util/disposable.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { Memory, Setting } from "../platform/ports.ts";
import { type GatewayProfile, type GatewayTarget, profileSetting, readProfiles, targetKey } from "./profile.ts";

const LAST_USED = "openclaw.lastUsed";
/** Milliseconds until a write of another window, made in the same moment, has arrived here. */
const SETTLED_MS = 3_000;

export interface SavedGateway extends GatewayProfile {
  /** Milliseconds since the epoch. */
  readonly lastUsedAt: number | undefined;
}

/**
 * The saved Gateways: places in the setting `openclaw.gateways`, when each was last used in global state. VS Code writes the
 * whole list; what another window has overwritten in the same moment is put back.
 */
export class ProfileStore implements Disposable {
  readonly #setting: Setting;
  readonly #memory: Memory;
  readonly #logger: Logger;
  readonly #unsettled = new Map<string, NodeJS.Timeout>();

  constructor(options: { readonly setting: Setting; readonly memory: Memory; readonly logger: Logger }) {
    this.#setting = options.setting;
    this.#memory = options.memory;
    this.#logger = options.logger;
  }

  /** Last used first; those that were never used keep the order of the setting. */
  list(): readonly SavedGateway[] {
    const { profiles, rejected } = readProfiles(this.#setting.read());
    for (const sentence of rejected) this.#logger.warn(sentence);
    const used = asObject(this.#memory.get(LAST_USED));
    return profiles
      .map((profile) => ({ ...profile, lastUsedAt: asNumber(used[targetKey(profile.target)]) }))
      .sort((a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0));
  }

  find(key: string): SavedGateway | undefined {
    return this.list().find(({ target }) => targetKey(target) === key);
  }

  /** Saves a new place, or what changed about a known one, and notes that it was used. */
  async remember(profile: GatewayProfile, usedAt: number): Promise<void> {
    const key = targetKey(profile.target);
    const saved = this.find(key);
    if (saved === undefined || JSON.stringify(profileSetting(saved)) !== JSON.stringify(profileSetting(profile)))
      await this.#save(profile);
    await this.#memory.update(LAST_USED, { ...asObject(this.#memory.get(LAST_USED)), [key]: usedAt });
  }

  /** Writes a place that is saved already, by its target. */
  async change(profile: GatewayProfile): Promise<void> {
    await this.#save(profile);
  }

  /** Takes the place out of the setting; its secrets are the business of `CredentialStore.forget`. */
  async forget(target: GatewayTarget): Promise<void> {
    const key = targetKey(target);
    this.#settle(key);
    await this.#replace(key, undefined);
    const { [key]: _gone, ...used } = asObject(this.#memory.get(LAST_USED));
    await this.#memory.update(LAST_USED, used);
  }

  dispose(): void {
    for (const key of this.#unsettled.keys()) this.#settle(key);
  }

  async #save(profile: GatewayProfile): Promise<void> {
    const key = targetKey(profile.target);
    this.#settle(key);
    await this.#replace(key, profileSetting(profile));
    const timer = setTimeout(() => {
      this.#settle(key);
      if (this.find(key) !== undefined) return;
      this.#logger.warn(`The saved Gateway ${profile.name} was overwritten by another window; it is saved again.`);
      this.#replace(key, profileSetting(profile)).catch((error: unknown) =>
        this.#logger.warn(`It could not be saved again: ${String(error)}`),
      );
    }, SETTLED_MS);
    this.#unsettled.set(key, timer);
  }

  #settle(key: string): void {
    clearTimeout(this.#unsettled.get(key));
    this.#unsettled.delete(key);
  }

  /** Entries that we cannot read stay as the person wrote them. */
  async #replace(key: string, entry: unknown): Promise<void> {
    const before = this.#setting.read();
    const entries: readonly unknown[] = Array.isArray(before) ? before : [];
    const index = entries.findIndex((value) => isObject(value) && keyOf(value) === key);
    const after = index < 0 ? [...entries, entry] : entries.with(index, entry);
    await this.#setting.write(after.filter((value) => value !== undefined));
  }
}

function keyOf(entry: unknown): string | undefined {
  const profile = readProfiles([entry]).profiles[0];
  return profile === undefined ? undefined : targetKey(profile.target);
}
