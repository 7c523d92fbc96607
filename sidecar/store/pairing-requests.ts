import type { DatabaseSync } from "node:sqlite";
import { type Row, intOf, listOf, optionalText, textOf } from "./rows.ts";

/** A device that asks to be let in and waits for an operator. */
export interface PairingRequest {
  readonly requestId: string;
  readonly deviceId: string;
  readonly publicKey: string;
  readonly displayName: string | undefined;
  readonly platform: string;
  readonly deviceFamily: string | undefined;
  readonly clientId: string;
  readonly clientMode: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly remoteIp: string | undefined;
  /** The device is paired already and asks for more. */
  readonly isRepair: boolean;
  readonly createdAt: number;
}

function requestOf(row: Row): PairingRequest {
  return {
    requestId: textOf(row, "request_id"),
    deviceId: textOf(row, "device_id"),
    publicKey: textOf(row, "public_key"),
    displayName: optionalText(row, "display_name"),
    platform: textOf(row, "platform"),
    deviceFamily: optionalText(row, "device_family"),
    clientId: textOf(row, "client_id"),
    clientMode: textOf(row, "client_mode"),
    role: textOf(row, "role"),
    scopes: listOf(row, "scopes"),
    remoteIp: optionalText(row, "remote_ip"),
    isRepair: intOf(row, "is_repair") === 1,
    createdAt: intOf(row, "created_at"),
  };
}

/** The waiting room. At most one request a device and role; a newer one replaces it. */
export class PairingRequestStore {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(requestId: string): PairingRequest | undefined {
    const row = this.#db.prepare("SELECT * FROM pairing_requests WHERE request_id = ?").get(requestId);
    return row === undefined ? undefined : requestOf(row);
  }

  list(): readonly PairingRequest[] {
    return this.#db.prepare("SELECT * FROM pairing_requests ORDER BY created_at DESC, request_id").all().map(requestOf);
  }

  /** Adds a request. At most `keep` wait at a time: the oldest give way. */
  save(request: PairingRequest, keep: number): void {
    this.#db
      .prepare("DELETE FROM pairing_requests WHERE device_id = ? AND role = ?")
      .run(request.deviceId, request.role);
    this.#db
      .prepare(
        `INSERT INTO pairing_requests VALUES (:requestId, :deviceId, :publicKey, :displayName, :platform, :deviceFamily,
           :clientId, :clientMode, :role, :scopes, :remoteIp, :isRepair, :createdAt)`,
      )
      .run({
        ...request,
        displayName: request.displayName ?? null,
        deviceFamily: request.deviceFamily ?? null,
        remoteIp: request.remoteIp ?? null,
        scopes: JSON.stringify(request.scopes),
        isRepair: request.isRepair ? 1 : 0,
      });
    this.#db
      .prepare(
        "DELETE FROM pairing_requests WHERE request_id NOT IN (SELECT request_id FROM pairing_requests ORDER BY created_at DESC LIMIT ?)",
      )
      .run(keep);
  }

  remove(requestId: string): boolean {
    return this.#db.prepare("DELETE FROM pairing_requests WHERE request_id = ?").run(requestId).changes === 1;
  }

  removeExpired(before: number): void {
    this.#db.prepare("DELETE FROM pairing_requests WHERE created_at < ?").run(before);
  }
}
