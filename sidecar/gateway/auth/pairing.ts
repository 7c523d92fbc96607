import { randomUUID } from "node:crypto";
import type { DeviceStore, PairedDevice } from "../../store/devices.ts";
import type { PairingRequest, PairingRequestStore } from "../../store/pairing-requests.ts";
import { type Role, coversAll, union } from "./scopes.ts";

/** A device that proved who it is and what it wants. */
export interface DeviceClaim {
  readonly deviceId: string;
  readonly publicKey: string;
  readonly displayName: string | undefined;
  readonly platform: string;
  readonly deviceFamily: string | undefined;
  readonly clientId: string;
  readonly clientMode: string;
  readonly role: Role;
  readonly scopes: readonly string[];
  readonly remoteIp: string | undefined;
}

export type PairingOutcome =
  | { readonly kind: "paired"; readonly device: PairedDevice; readonly isNew: boolean }
  | {
      readonly kind: "pending";
      readonly request: PairingRequest;
      readonly reason: PendingReason;
      readonly approved: PairedDevice | undefined;
    };

export type PendingReason = "not-paired" | "role-upgrade" | "scope-upgrade";

/** How the real Gateway words each reason, and what it tells the person. */
export const PENDING: Readonly<Record<PendingReason, { readonly requirement: string; readonly hint: string }>> = {
  "not-paired": {
    requirement: "device is not approved yet",
    hint: "Approve this device from the pending pairing requests.",
  },
  "role-upgrade": {
    requirement: "device is asking for a higher role than currently approved",
    hint: "Review the requested role upgrade, then approve the pending request.",
  },
  "scope-upgrade": {
    requirement: "device is asking for more scopes than currently approved",
    hint: "Review the requested scopes, then approve the pending upgrade.",
  },
};

/** A request that nobody decides is forgotten after this. */
const REQUEST_LIFETIME_MS = 60 * 60_000;
const MAX_REQUESTS = 64;
/** Devices that paired silently beyond this many are forgotten, the longest unseen first. */
const MAX_SILENT_DEVICES = 256;

/** Decides which devices are let in, and keeps the waiting room. */
export class Pairing {
  readonly #devices: DeviceStore;
  readonly #requests: PairingRequestStore;

  constructor(devices: DeviceStore, requests: PairingRequestStore) {
    this.#devices = devices;
    this.#requests = requests;
  }

  /**
   * Looks the device up. `silently`: it came over the loopback with the shared secret, which is as much as an approval
   * could prove, so it is let in with what it asks for.
   */
  admit(claim: DeviceClaim, how: { readonly silently: boolean; readonly now: number }): PairingOutcome {
    const known = this.#devices.get(claim.deviceId);
    const missing = missingFrom(known, claim);
    if (known !== undefined && missing === undefined) {
      this.#devices.noteSeen(claim.deviceId, how.now);
      return { kind: "paired", device: known, isNew: false };
    }
    if (how.silently) return { kind: "paired", device: this.#approve(claim, "silent", how.now), isNew: true };
    return {
      kind: "pending",
      request: this.#ask(claim, known, how.now),
      reason: missing ?? "not-paired",
      approved: known,
    };
  }

  /** Approves a pending request. */
  approve(request: PairingRequest, now: number): PairedDevice {
    const role: Role = request.role === "node" ? "node" : "operator";
    const device = this.#approve({ ...request, role }, "owner", now);
    this.#requests.remove(request.requestId);
    return device;
  }

  /** The requests that still wait. */
  pending(now: number): readonly PairingRequest[] {
    this.#requests.removeExpired(now - REQUEST_LIFETIME_MS);
    return this.#requests.list();
  }

  #approve(claim: DeviceClaim, via: string, now: number): PairedDevice {
    const known = this.#devices.get(claim.deviceId);
    const device: PairedDevice = {
      deviceId: claim.deviceId,
      publicKey: claim.publicKey,
      displayName: claim.displayName ?? known?.displayName,
      label: known?.label,
      platform: claim.platform,
      deviceFamily: claim.deviceFamily,
      clientId: claim.clientId,
      clientMode: claim.clientMode,
      roles: union(known?.roles ?? [], [claim.role]),
      scopes: union(known?.scopes ?? [], claim.scopes),
      remoteIp: claim.remoteIp,
      approvedVia: known?.approvedVia ?? via,
      createdAt: known?.createdAt ?? now,
      approvedAt: now,
      lastSeenAt: now,
    };
    this.#devices.save(device);
    const stale = via === "silent" && known === undefined ? this.#devices.staleSilent(MAX_SILENT_DEVICES) : [];
    for (const deviceId of stale) this.#devices.remove(deviceId);
    return device;
  }

  #ask(claim: DeviceClaim, known: PairedDevice | undefined, now: number): PairingRequest {
    const same = this.pending(now).find(
      (request) =>
        request.deviceId === claim.deviceId &&
        request.role === claim.role &&
        request.scopes.join() === claim.scopes.join(),
    );
    if (same !== undefined) return same;
    const request: PairingRequest = {
      ...claim,
      requestId: randomUUID(),
      isRepair: known !== undefined,
      createdAt: now,
    };
    this.#requests.save(request, MAX_REQUESTS);
    return request;
  }
}

function missingFrom(known: PairedDevice | undefined, claim: DeviceClaim): PendingReason | undefined {
  if (known === undefined) return "not-paired";
  if (!known.roles.includes(claim.role)) return "role-upgrade";
  return coversAll(known.scopes, claim.scopes) ? undefined : "scope-upgrade";
}
