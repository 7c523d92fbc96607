import type { RawData, WebSocket } from "ws";
import type { GatewaySocket, SocketHandlers } from "../../protocol/client/socket.ts";
import { codeOf } from "../net/dial.ts";

/** A Gateway says one thing before we listen (its challenge); one that says more than this is none. */
const MAX_EARLY_BYTES = 1024 * 1024;
/** How long a close handshake may take before the link is cut. */
const CLOSE_TIMEOUT_MS = 2_000;
const ABNORMAL = 1006;

/** A `ws` client as a `GatewaySocket`. */
export class WsGatewaySocket implements GatewaySocket {
  readonly #ws: WebSocket;
  readonly #onSilent: () => void;
  readonly #early: string[] = [];
  readonly #pings = new Map<string, { readonly pong: () => void; readonly lost: (error: Error) => void }>();
  #earlyBytes = 0;
  #handlers: SocketHandlers | undefined;
  #closed: { code: number; reason: string } | undefined;
  #violation: { code: number; reason: string } | undefined;
  #pingCount = 0;

  /** `onSilent` hears of every ping that got no answer in time. */
  constructor(ws: WebSocket, onSilent: () => void = () => undefined) {
    this.#ws = ws;
    this.#onSilent = onSilent;
    ws.on("message", (data, isBinary) => this.#receive(data, isBinary));
    ws.on("pong", (data) => this.#pings.get(data.toString("latin1"))?.pong());
    ws.on("close", (code, reason) => this.#end(code, reason.toString("utf8")));
    // `close` follows. After a broken frame `ws` tells the peer why, but closes with 1006 on our side.
    ws.on("error", (error) => (this.#violation ??= violationOf(error)));
  }

  isOpen(): boolean {
    return this.#closed === undefined && this.#ws.readyState === this.#ws.OPEN;
  }

  send(data: string): void {
    if (this.isOpen()) this.#ws.send(data);
  }

  close(code = 1000, reason = ""): void {
    if (this.#closed !== undefined) return;
    try {
      this.#ws.close(code, reason);
    } catch {
      // A code that RFC 6455 does not let a client send.
      this.#ws.close();
    }
    // An SSH channel on a dead link never reports its end, so do not count on it.
    const cut = setTimeout(() => {
      this.#ws.terminate();
      this.#end(ABNORMAL, "");
    }, CLOSE_TIMEOUT_MS);
    cut.unref();
    this.#ws.once("close", () => clearTimeout(cut));
  }

  listen(handlers: SocketHandlers): void {
    if (this.#handlers !== undefined) throw new Error("this socket already has its listener");
    this.#handlers = handlers;
    for (const message of this.#early.splice(0)) handlers.message(message);
    if (this.#closed !== undefined) handlers.close(this.#closed.code, this.#closed.reason);
  }

  ping(timeoutMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.isOpen()) return reject(new Error("the socket is closed"));
      const id = String(++this.#pingCount);
      const sentAt = performance.now();
      const timer = setTimeout(() => {
        this.#onSilent();
        lost(new Error(`no pong within ${timeoutMs} ms`));
      }, timeoutMs);
      const forget = (): void => {
        clearTimeout(timer);
        this.#pings.delete(id);
      };
      const lost = (error: Error): void => {
        forget();
        reject(error);
      };
      const pong = (): void => {
        forget();
        resolve(performance.now() - sentAt);
      };
      this.#pings.set(id, { pong, lost });
      this.#ws.ping(id);
    });
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#closed !== undefined) return;
    if (isBinary) return this.close(1003, "text frames only");
    const text = textOf(data);
    if (this.#handlers !== undefined) return this.#handlers.message(text);
    this.#earlyBytes += text.length;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.close(1009, "too much before the handshake");
    else this.#early.push(text);
  }

  #end(code: number, reason: string): void {
    if (this.#closed !== undefined) return;
    const broken = code === ABNORMAL ? this.#violation : undefined;
    this.#closed = broken ?? { code, reason };
    for (const { lost } of this.#pings.values()) lost(new Error("the socket closed"));
    this.#handlers?.close(this.#closed.code, this.#closed.reason);
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString("utf8");
  return Buffer.isBuffer(data) ? data.toString("utf8") : Buffer.from(data).toString("utf8");
}

/** RFC 6455, 7.4.1, from the codes that `ws` gives its errors; undefined for an error of the link. */
function violationOf(error: Error): { code: number; reason: string } | undefined {
  const name = codeOf(error);
  if (name?.startsWith("WS_ERR_") !== true) return undefined;
  if (name === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return { code: 1009, reason: error.message };
  return { code: name === "WS_ERR_INVALID_UTF8" ? 1007 : 1002, reason: error.message };
}
