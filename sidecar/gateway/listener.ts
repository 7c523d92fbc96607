import { type IncomingMessage, type Server, createServer } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { type Peer, readPeer } from "./auth/peer.ts";
import type { GatewayLimits } from "./limits.ts";

/** The one address we listen on. */
export const HOST = "127.0.0.1";

const HEADERS_TIMEOUT_MS = 15_000;

/** Answers of the plain HTTP side: enough for a supervisor to see that this is a Gateway and lives. */
const PROBES: ReadonlyMap<string, string> = new Map([
  ["/healthz", '{"ok":true,"status":"live"}'],
  ["/health", '{"ok":true,"status":"live"}'],
  ["/readyz", '{"ready":true}'],
  ["/ready", '{"ready":true}'],
]);

/**
 * Gets each open socket. `known` is to be called when it has said who it is; a socket that closes before is forgotten
 * by itself.
 */
export type SocketListener = (socket: WebSocket, peer: Peer, known: () => void) => void;

/** Takes connections up to an open WebSocket, and bounds how many strangers may have one. */
export class Listener {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #limits: GatewayLimits;
  readonly #trustedProxies: readonly string[];
  readonly #onSocket: SocketListener;
  /** Sockets of each address that have not said who they are. */
  readonly #strangers = new Map<string, number>();
  #isStopping = false;

  constructor(options: { limits: GatewayLimits; trustedProxies: readonly string[]; onSocket: SocketListener }) {
    this.#limits = options.limits;
    this.#trustedProxies = options.trustedProxies;
    this.#onSocket = options.onSocket;
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.limits.maxPreauthPayload,
    });
    this.#server = createServer((request, response) => {
      const body = request.method === "GET" || request.method === "HEAD" ? PROBES.get(request.url ?? "") : undefined;
      response.writeHead(body === undefined ? 404 : 200, {
        "content-type": "application/json",
        "cache-control": "no-store",
      });
      response.end(body ?? '{"error":"not found"}');
    });
    this.#server.headersTimeout = HEADERS_TIMEOUT_MS;
    this.#server.requestTimeout = HEADERS_TIMEOUT_MS;
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(request, socket, head),
    );
    this.#server.on("clientError", (_error, socket) => socket.destroy());
  }

  /** Binds the port, 0 for a free one. Rejects with the error of the socket. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ port, host: HOST, exclusive: true }, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const peer = readPeer(request, this.#trustedProxies);
    if (peer === undefined) return refuse(socket, "403 Forbidden");
    const strangers = this.#strangers.get(peer.address) ?? 0;
    if (this.#isStopping || strangers >= this.#limits.maxPreauthSockets)
      return refuse(socket, "503 Service Unavailable");
    this.#strangers.set(peer.address, strangers + 1);
    let isStranger = true;
    const known = (): void => {
      if (!isStranger) return;
      isStranger = false;
      const left = (this.#strangers.get(peer.address) ?? 1) - 1;
      if (left > 0) this.#strangers.set(peer.address, left);
      else this.#strangers.delete(peer.address);
    };
    socket.once("close", known);
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#onSocket(webSocket, peer, known));
  }

  /** Takes no more connections; those that are there stay. */
  stopAccepting(): void {
    this.#isStopping = true;
    this.#server.close();
  }

  dispose(): void {
    this.stopAccepting();
    this.#server.closeAllConnections();
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
