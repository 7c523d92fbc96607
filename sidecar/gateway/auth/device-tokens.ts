import { createHash, createHmac } from "node:crypto";
import type { DeviceStore, DeviceToken, PairedDevice } from "../../store/devices.ts";
import { sameSecret } from "./shared-secret.ts";

/**
 * Tokens that let a paired device back in without the shared secret. They are derived from a key of this Gateway, so
 * that a device gets the same one at every connect although only its hash is stored.
 */
export class DeviceTokens {
  readonly #key: Buffer;
  readonly #store: DeviceStore;

  constructor(key: Buffer, store: DeviceStore) {
    this.#key = key;
    this.#store = store;
  }

  #derive(deviceId: string, role: string, generation: number): string {
    return createHmac("sha256", this.#key).update(`device-token|${deviceId}|${role}|${generation}`).digest("base64url");
  }

  /** The token of a device and role, made when there is none. Undefined when it was revoked since the last approval. */
  issue(
    device: PairedDevice,
    role: string,
    now: number,
  ): { readonly token: string; readonly issuedAt: number } | undefined {
    const { deviceId } = device;
    const known = this.#store.token(deviceId, role);
    if (known?.revokedAt !== undefined && known.revokedAt >= device.approvedAt) return undefined;
    const generation = known?.generation ?? 1;
    const token = this.#derive(deviceId, role, generation);
    const scopes = [...device.scopes].sort();
    if (known === undefined || known.revokedAt !== undefined || known.scopes.join() !== scopes.join()) {
      const { createdAt = now, rotatedAt } = known ?? {};
      this.#store.saveToken({
        deviceId,
        role,
        scopes,
        hash: hashOf(token),
        generation,
        createdAt,
        rotatedAt,
        revokedAt: undefined,
      });
    }
    return { token, issuedAt: known?.rotatedAt ?? known?.createdAt ?? now };
  }

  /** What the token stands for, or undefined when it is wrong, old or revoked. */
  verify(deviceId: string, role: string, given: string): DeviceToken | undefined {
    const known = this.#store.token(deviceId, role);
    if (known === undefined || known.revokedAt !== undefined) return undefined;
    return sameSecret(hashOf(given), known.hash) ? known : undefined;
  }

  /** Replaces the token; the old one no longer opens anything. */
  rotate(known: DeviceToken, scopes: readonly string[], now: number): string {
    const generation = known.generation + 1;
    const token = this.#derive(known.deviceId, known.role, generation);
    this.#store.saveToken({
      ...known,
      scopes: [...scopes].sort(),
      hash: hashOf(token),
      generation,
      rotatedAt: now,
      revokedAt: undefined,
    });
    return token;
  }

  /** Ends the token. The generation moves on, so that a later approval gives another one. */
  revoke(known: DeviceToken, now: number): void {
    this.#store.saveToken({ ...known, generation: known.generation + 1, revokedAt: now });
  }
}

const hashOf = (token: string): string => createHash("sha256").update(token, "utf8").digest("hex");
