import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Row, intOf, listOf, optionalInt, optionalText, textOf } from "./rows.ts";

/** A device that was let in. Roles and scopes are what was approved, the most that its connections can have. */
export interface PairedDevice {
  readonly deviceId: string;
  readonly publicKey: string;
  readonly displayName: string | undefined;
  /** What an operator calls it; survives whatever the device says of itself. */
  readonly label: string | undefined;
  readonly platform: string;
  readonly deviceFamily: string | undefined;
  readonly clientId: string;
  readonly clientMode: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly remoteIp: string | undefined;
  readonly approvedVia: string;
  readonly createdAt: number;
  readonly approvedAt: number;
  readonly lastSeenAt: number;
}

export interface DeviceToken {
  readonly deviceId: string;
  readonly role: string;
  /** SHA-256 of the token, hex; the token itself is nowhere. */
  readonly hash: string;
  readonly scopes: readonly string[];
  /** Counts rotations; part of what the token is derived from. */
  readonly generation: number;
  readonly createdAt: number;
  readonly rotatedAt: number | undefined;
  readonly revokedAt: number | undefined;
}

function deviceOf(row: Row): PairedDevice {
  return {
    deviceId: textOf(row, "device_id"),
    publicKey: textOf(row, "public_key"),
    displayName: optionalText(row, "display_name"),
    label: optionalText(row, "label"),
    platform: textOf(row, "platform"),
    deviceFamily: optionalText(row, "device_family"),
    clientId: textOf(row, "client_id"),
    clientMode: textOf(row, "client_mode"),
    roles: listOf(row, "roles"),
    scopes: listOf(row, "scopes"),
    remoteIp: optionalText(row, "remote_ip"),
    approvedVia: textOf(row, "approved_via"),
    createdAt: intOf(row, "created_at"),
    approvedAt: intOf(row, "approved_at"),
    lastSeenAt: intOf(row, "last_seen_at"),
  };
}

function tokenOf(row: Row): DeviceToken {
  return {
    deviceId: textOf(row, "device_id"),
    role: textOf(row, "role"),
    hash: textOf(row, "hash"),
    scopes: listOf(row, "scopes"),
    generation: intOf(row, "generation"),
    createdAt: intOf(row, "created_at"),
    rotatedAt: optionalInt(row, "rotated_at"),
    revokedAt: optionalInt(row, "revoked_at"),
  };
}

/** Who may come in, and the hashes of the tokens that prove it. */
export class DeviceStore {
  readonly #db: DatabaseSync;
  readonly #get: StatementSync;
  readonly #token: StatementSync;
  readonly #seen: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#get = db.prepare("SELECT * FROM devices WHERE device_id = ?");
    this.#token = db.prepare("SELECT * FROM device_tokens WHERE device_id = ? AND role = ?");
    this.#seen = db.prepare("UPDATE devices SET last_seen_at = ? WHERE device_id = ?");
  }

  get(deviceId: string): PairedDevice | undefined {
    const row = this.#get.get(deviceId);
    return row === undefined ? undefined : deviceOf(row);
  }

  list(): readonly PairedDevice[] {
    return this.#db.prepare("SELECT * FROM devices ORDER BY last_seen_at DESC, device_id").all().map(deviceOf);
  }

  save(device: PairedDevice): void {
    this.#db
      .prepare(
        `INSERT INTO devices (device_id, public_key, display_name, platform, device_family, client_id, client_mode, roles, scopes,
           remote_ip, approved_via, created_at, approved_at, last_seen_at, label)
         VALUES (:deviceId, :publicKey, :displayName, :platform, :deviceFamily, :clientId, :clientMode, :roles, :scopes,
           :remoteIp, :approvedVia, :createdAt, :approvedAt, :lastSeenAt, :label)
         ON CONFLICT (device_id) DO UPDATE SET label = excluded.label, display_name = excluded.display_name, platform = excluded.platform,
           device_family = excluded.device_family, client_id = excluded.client_id, client_mode = excluded.client_mode,
           roles = excluded.roles, scopes = excluded.scopes, remote_ip = excluded.remote_ip,
           approved_via = excluded.approved_via, approved_at = excluded.approved_at, last_seen_at = excluded.last_seen_at`,
      )
      .run({
        ...device,
        displayName: device.displayName ?? null,
        label: device.label ?? null,
        deviceFamily: device.deviceFamily ?? null,
        remoteIp: device.remoteIp ?? null,
        roles: JSON.stringify(device.roles),
        scopes: JSON.stringify(device.scopes),
      });
  }

  noteSeen(deviceId: string, now: number): void {
    this.#seen.run(now, deviceId);
  }

  /** Forgets the device with its tokens; returns whether it was there. */
  remove(deviceId: string): boolean {
    return this.#db.prepare("DELETE FROM devices WHERE device_id = ?").run(deviceId).changes === 1;
  }

  /** Those that came in silently and have not been seen for longest, beyond the `keep` newest. */
  staleSilent(keep: number): readonly string[] {
    return this.#db
      .prepare(
        "SELECT device_id FROM devices WHERE approved_via = 'silent' ORDER BY last_seen_at DESC LIMIT -1 OFFSET ?",
      )
      .all(keep)
      .map((row) => textOf(row, "device_id"));
  }

  token(deviceId: string, role: string): DeviceToken | undefined {
    const row = this.#token.get(deviceId, role);
    return row === undefined ? undefined : tokenOf(row);
  }

  tokens(deviceId: string): readonly DeviceToken[] {
    return this.#db.prepare("SELECT * FROM device_tokens WHERE device_id = ? ORDER BY role").all(deviceId).map(tokenOf);
  }

  saveToken(token: DeviceToken): void {
    this.#db
      .prepare(
        `INSERT INTO device_tokens VALUES (:deviceId, :role, :hash, :scopes, :generation, :createdAt, :rotatedAt, :revokedAt)
         ON CONFLICT (device_id, role) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes,
           generation = excluded.generation, created_at = excluded.created_at, rotated_at = excluded.rotated_at,
           revoked_at = excluded.revoked_at`,
      )
      .run({
        ...token,
        scopes: JSON.stringify(token.scopes),
        rotatedAt: token.rotatedAt ?? null,
        revokedAt: token.revokedAt ?? null,
      });
  }
}
