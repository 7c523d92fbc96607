import type { WebSocket } from "ws";
import type { AuthMethod } from "./auth/gateway-auth.ts";
import type { Peer } from "./auth/peer.ts";
import { type Role, covers } from "./auth/scopes.ts";
import type { ClientInfo } from "./wire.ts";

/** What a connection has proved and been given. */
export interface Grant {
  readonly client: ClientInfo;
  readonly role: Role;
  readonly scopes: readonly string[];
  readonly caps: readonly string[];
  /** What a node says that it can be asked to do; nothing for an operator. */
  readonly commands: readonly string[];
  readonly deviceId: string | undefined;
  /** What let it in. */
  readonly method: AuthMethod;
  /** It came in with a device token and not with the shared secret. */
  readonly byDeviceToken: boolean;
}

/** How long a client that was told to go may take for the closing handshake, milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;
/** Either says that the client shows approvals; without one, none is sent to it. */
const APPROVAL_CAPS: ReadonlySet<string> = new Set(["approvals", "exec-approvals"]);
/** RFC 6455: a close reason is at most 123 bytes. */
const MAX_REASON_BYTES = 123;

/** One client's socket, from the challenge to the end. */
export class Connection {
  readonly id: string;
  readonly socket: WebSocket;
  readonly peer: Peer;
  readonly connectedAt: number;
  readonly #maxBufferedBytes: number;
  #grant: Grant | undefined;
  #seq = 0;
  #closing = false;
  /** Set when a ping is out; a second one without an answer ends the connection. */
  awaitsPong = false;
  /** Session keys whose messages it wants; made on first use. */
  messageKeys: Set<string> | undefined;
  wantsSessions = false;
  canRead = false;
  canPair = false;
  /** It may decide about commands, and has said that it can show them to a person. */
  decidesApprovals = false;
  isNode = false;
  wantsToolEvents = false;
  isSessionScoped = false;

  constructor(options: { id: string; socket: WebSocket; peer: Peer; now: number; maxBufferedBytes: number }) {
    this.id = options.id;
    this.socket = options.socket;
    this.peer = options.peer;
    this.connectedAt = options.now;
    this.#maxBufferedBytes = options.maxBufferedBytes;
  }

  get grant(): Grant | undefined {
    return this.#grant;
  }

  get isClosing(): boolean {
    return this.#closing;
  }

  /** Lets it in. What events ask at every frame is worked out here, once. */
  admit(grant: Grant): void {
    this.#grant = grant;
    this.canRead = covers(grant.scopes, "operator.read");
    this.canPair = covers(grant.scopes, "operator.pairing");
    this.isNode = grant.role === "node";
    this.decidesApprovals =
      covers(grant.scopes, "operator.approvals") && grant.caps.some((cap) => APPROVAL_CAPS.has(cap));
    this.wantsToolEvents = grant.caps.includes("tool-events");
    this.isSessionScoped = grant.caps.includes("session-scoped-events");
  }

  /** The number of the next event frame: contiguous for this socket. */
  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** Sends an event that is for this client alone; it has no number. */
  tell(event: string, payload: unknown): void {
    this.send(JSON.stringify({ type: "event", event, payload }));
  }

  /** Sends one text frame. A client that lets too much pile up is cut off: the others must not pay for it. */
  send(data: string | Buffer): void {
    if (this.#closing || this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount + data.length > this.#maxBufferedBytes) {
      this.close(1008, "slow consumer");
      return;
    }
    this.socket.send(data, { binary: false, compress: false });
  }

  close(code: number, reason = ""): void {
    if (this.#closing) return;
    this.#closing = true;
    this.socket.close(code, truncate(reason));
    setTimeout(() => this.socket.terminate(), CLOSE_TIMEOUT_MS).unref();
  }
}

function truncate(reason: string): string {
  const bytes = Buffer.from(reason, "utf8");
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  return new TextDecoder().decode(bytes.subarray(0, MAX_REASON_BYTES), { stream: true });
}
