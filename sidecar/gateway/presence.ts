import { hostname, release } from "node:os";
import type { Connection } from "./connection.ts";

/** One line of who is there; fields as the real Gateway names them. */
export type PresenceEntry = Readonly<Record<string, unknown>> & { readonly ts: number };

/** Those who left are shown this long, milliseconds. */
const KEEP_GONE_MS = 5 * 60_000;
const MAX_ENTRIES = 100;

interface Entry {
  readonly connections: Set<string>;
  view: PresenceEntry;
}

/**
 * Who is connected. Clients of one device are one entry unless they name themselves, as in the real Gateway; so are those
 * without a device but of one kind.
 */
export class Presence {
  readonly #entries = new Map<string, Entry>();
  readonly #self: PresenceEntry;
  #version = 1;

  constructor(self: { readonly version: string; readonly bootId: string; readonly now: number }) {
    const host = hostname();
    this.#self = {
      host,
      version: self.version,
      platform: `${process.platform} ${release()}`,
      mode: "gateway",
      reason: "self",
      instanceId: self.bootId,
      text: `Gateway: ${host} · app ${self.version} · mode gateway · reason self`,
      ts: self.now,
    };
  }

  /** Counts changes. */
  get version(): number {
    return this.#version;
  }

  connect(connection: Connection, now: number): void {
    const { grant } = connection;
    if (grant === undefined) return;
    const { client } = grant;
    const key = keyOf(connection);
    const connections = this.#entries.get(key)?.connections ?? new Set<string>();
    connections.add(connection.id);
    this.#entries.delete(key);
    this.#entries.set(key, {
      connections,
      view: {
        host: client.displayName ?? client.id,
        clientId: client.id,
        mode: client.mode,
        version: client.version,
        platform: client.platform,
        ...(client.deviceFamily === undefined ? {} : { deviceFamily: client.deviceFamily }),
        ...(client.instanceId === undefined ? {} : { instanceId: client.instanceId }),
        ...(grant.deviceId === undefined ? {} : { deviceId: grant.deviceId }),
        roles: [grant.role],
        scopes: grant.scopes,
        onlineSince: now,
        reason: "connect",
        text: `${client.displayName ?? client.id} · mode ${client.mode}`,
        ts: now,
      },
    });
    this.#version += 1;
    this.#prune(now);
  }

  disconnect(connection: Connection, now: number): void {
    const entry = this.#entries.get(keyOf(connection));
    if (entry === undefined || !entry.connections.delete(connection.id) || entry.connections.size > 0) return;
    entry.view = { ...entry.view, reason: "disconnect", ts: now };
    this.#version += 1;
    this.#prune(now);
  }

  #prune(now: number): void {
    for (const [key, entry] of this.#entries) {
      const isGone = entry.connections.size === 0;
      if (isGone && (entry.view.ts < now - KEEP_GONE_MS || this.#entries.size > MAX_ENTRIES)) this.#entries.delete(key);
    }
  }

  /** The Gateway itself, then the newest first, at most a hundred. */
  list(now: number): readonly PresenceEntry[] {
    const clients = [...this.#entries.values()].reverse().slice(0, MAX_ENTRIES);
    return [{ ...this.#self, ts: now }, ...clients.map((entry) => entry.view)];
  }
}

function keyOf(connection: Connection): string {
  const { grant } = connection;
  const client = grant?.client;
  const { deviceId } = grant ?? {};
  const instance = client?.instanceId;
  if (deviceId !== undefined) return instance === undefined ? deviceId : `${deviceId}/${instance}`;
  return instance ?? `${client?.id}/${client?.mode}/${connection.peer.address}`;
}
