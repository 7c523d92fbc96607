import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Row, intOf, listOf, optionalInt, optionalText, textOf } from "./rows.ts";

/** What a node offers: kinds of things it can do, and the commands it takes. */
export interface NodeSurface {
  readonly caps: readonly string[];
  readonly commands: readonly string[];
}

/** A surface that waits for an operator. */
export interface SurfaceRequest extends NodeSurface {
  readonly requestId: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly requestedAt: number;
}

/** A node, which is a paired device in that role. Its id is that of the device, and it goes when the device goes. */
export interface StoredNode {
  readonly nodeId: string;
  /** What an operator calls it; `displayName` is what it calls itself. */
  readonly label: string | undefined;
  readonly displayName: string | undefined;
  readonly platform: string;
  readonly deviceFamily: string | undefined;
  readonly version: string;
  readonly clientId: string;
  readonly clientMode: string;
  /** The most that it may offer; undefined until an operator has agreed to anything. */
  readonly approved: (NodeSurface & { readonly approvedAt: number }) | undefined;
  readonly pending: SurfaceRequest | undefined;
  readonly createdAt: number;
  readonly connectedAt: number;
}

function nodeOf(row: Row): StoredNode {
  const approvedAt = optionalInt(row, "approved_at");
  const requestId = optionalText(row, "request_id");
  return {
    nodeId: textOf(row, "node_id"),
    label: optionalText(row, "label"),
    displayName: optionalText(row, "display_name"),
    platform: textOf(row, "platform"),
    deviceFamily: optionalText(row, "device_family"),
    version: textOf(row, "version"),
    clientId: textOf(row, "client_id"),
    clientMode: textOf(row, "client_mode"),
    approved:
      approvedAt === undefined
        ? undefined
        : { caps: listOf(row, "approved_caps"), commands: listOf(row, "approved_commands"), approvedAt },
    pending:
      requestId === undefined
        ? undefined
        : {
            requestId,
            caps: listOf(row, "pending_caps"),
            commands: listOf(row, "pending_commands"),
            requestedAt: intOf(row, "requested_at"),
          },
    createdAt: intOf(row, "created_at"),
    connectedAt: intOf(row, "connected_at"),
  };
}

/** The nodes that were ever let in, with what each may offer. */
export class NodeStore {
  readonly #db: DatabaseSync;
  readonly #get: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#get = db.prepare("SELECT * FROM nodes WHERE node_id = ?");
  }

  get(nodeId: string): StoredNode | undefined {
    const row = this.#get.get(nodeId);
    return row === undefined ? undefined : nodeOf(row);
  }

  /** Those that connected last come first. */
  list(): readonly StoredNode[] {
    return this.#db.prepare("SELECT * FROM nodes ORDER BY connected_at DESC, node_id").all().map(nodeOf);
  }

  /** The node whose surface waits under this request. */
  ofRequest(requestId: string): StoredNode | undefined {
    const row = this.#db.prepare("SELECT * FROM nodes WHERE request_id = ?").get(requestId);
    return row === undefined ? undefined : nodeOf(row);
  }

  /** Writes all of it. The device of this id must be there. */
  save(node: StoredNode): void {
    const { approved, pending, ...rest } = node;
    this.#db
      .prepare(
        `INSERT OR REPLACE INTO nodes (node_id, label, display_name, platform, device_family, version, client_id, client_mode,
           approved_caps, approved_commands, approved_at, request_id, pending_caps, pending_commands, requested_at,
           created_at, connected_at)
         VALUES (:nodeId, :label, :displayName, :platform, :deviceFamily, :version, :clientId, :clientMode,
           :approvedCaps, :approvedCommands, :approvedAt, :requestId, :pendingCaps, :pendingCommands, :requestedAt,
           :createdAt, :connectedAt)`,
      )
      .run({
        ...rest,
        label: node.label ?? null,
        displayName: node.displayName ?? null,
        deviceFamily: node.deviceFamily ?? null,
        approvedCaps: JSON.stringify(approved?.caps ?? []),
        approvedCommands: JSON.stringify(approved?.commands ?? []),
        approvedAt: approved?.approvedAt ?? null,
        requestId: pending?.requestId ?? null,
        pendingCaps: JSON.stringify(pending?.caps ?? []),
        pendingCommands: JSON.stringify(pending?.commands ?? []),
        requestedAt: pending?.requestedAt ?? null,
      });
  }

  remove(nodeId: string): void {
    this.#db.prepare("DELETE FROM nodes WHERE node_id = ?").run(nodeId);
  }
}
