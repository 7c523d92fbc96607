import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Logger } from "../../protocol/util/logger.ts";
import { errnoOf } from "../config/startup-error.ts";
import type { Audit } from "./auth/audit.ts";
import type { Peer } from "./auth/peer.ts";
import type { Perimeter } from "./auth/perimeter.ts";
import { type Door, ORDINARY_DOOR } from "./door.ts";
import { type Phase, answerBare, answerHttp, isLivenessProbe, refuseUpgrade } from "./http.ts";
import type { GatewayLimits } from "./limits.ts";
import { Strangers } from "./strangers.ts";

/** Milliseconds. A request without a body that takes longer than this to arrive is no request. */
const TIMING = { headersTimeout: 15_000, requestTimeout: 15_000, connectionsCheckingInterval: 5_000 } as const;
const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;
/** How often a free port is looked for that is free on every address. */
const PORT_ATTEMPTS = 10;

/**
 * Gets each open socket. `known` is to be called when it has said who it is; a socket that closes before is forgotten
 * by itself.
 */
export type SocketListener = (socket: WebSocket, peer: Peer, known: () => void) => void;

export interface ListenerOptions {
  readonly limits: GatewayLimits;
  /** The rules as they are now. */
  readonly perimeter: () => Perimeter;
  readonly onSocket: SocketListener;
  readonly logger: Logger;
  readonly audit: Audit;
  /** Absent: plain HTTP. */
  readonly tls?: TlsPair;
}

/** A certificate with its chain, and its key. PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}

type AnyServer = Server | SecureServer;

/** The addresses to listen on: all of `hosts`, and those of `optional` that this computer has. */
export interface Place {
  readonly port: number;
  readonly hosts: readonly string[];
  readonly optional?: readonly string[];
}

/** Takes connections up to an open WebSocket, and bounds how many strangers may have one. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #servers: AnyServer[] = [];
  #tls: TlsPair | undefined;
  readonly #sockets: WebSocketServer;
  /** WebSockets whose client has not said who it is. */
  readonly #strangers: Strangers;
  /** TCP connections that have not come that far. */
  readonly #connections: Strangers;
  readonly #leave = new Map<string, () => void>();
  #phase: Phase = "starting";

  constructor(options: ListenerOptions) {
    const { limits } = options;
    this.#options = options;
    this.#tls = options.tls;
    this.#strangers = new Strangers(limits.maxPreauthSockets);
    this.#connections = new Strangers(limits.maxPreauthConnections);
    this.#sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: limits.maxPreauthPayload,
      maxFragments: limits.maxFragments,
    });
  }

  /**
   * Opens one port on all addresses, or on none; port 0 takes one that is free on all of them.
   * @returns the port. Rejects with the error of the socket
   */
  async listen(place: Place, door: Door = ORDINARY_DOOR): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const opened: AnyServer[] = [];
      try {
        const port = await this.#openAll({ ...place, door }, opened);
        this.#servers.push(...opened);
        return port;
      } catch (error) {
        for (const server of opened) server.close();
        const isWorthAnother = place.port === 0 && errnoOf(error) === "EADDRINUSE" && attempt < PORT_ATTEMPTS;
        if (!isWorthAnother) throw error;
      }
    }
  }

  async #openAll({ port, hosts, optional = [], door }: Place & { door: Door }, opened: AnyServer[]): Promise<number> {
    let chosen = port;
    for (const host of hosts) {
      const server = this.#server(door);
      chosen = await bind(server, host, chosen);
      opened.push(server);
    }
    for (const host of optional) {
      const server = this.#server(door);
      try {
        await bind(server, host, chosen);
        opened.push(server);
      } catch (error) {
        if (errnoOf(error) !== "EADDRINUSE") continue;
        this.#options.logger.warn(
          `another program has port ${chosen} on ${host}: who says "localhost" there may reach it instead of the Gateway`,
        );
      }
    }
    return chosen;
  }

  #server(door: Door): AnyServer {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      const perimeter = this.#options.perimeter();
      const verdict = door.read(request, perimeter);
      if (perimeter.hsts !== undefined) response.setHeader("strict-transport-security", perimeter.hsts);
      if (!verdict.ok && !(verdict.isForwarded && isLivenessProbe(request))) return answerBare(response, 403);
      answerHttp(request, response, this.#phase);
    };
    const tls = door.isPlain === true ? undefined : this.#tls;
    const server = tls === undefined ? createServer(TIMING, answer) : createSecureServer(tls, answer);
    server.on("connection", (socket: Socket) => this.#enter(socket));
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#upgrade(door, request, { socket, head }),
    );
    server.on("clientError", (_error, socket) => socket.destroy());
    return server;
  }

  /** Uses another certificate from the next connection on; those that are there stay. */
  renew(tls: TlsPair): void {
    this.#tls = tls;
    for (const server of this.#servers) {
      if ("setSecureContext" in server) server.setSecureContext(secureOptions(tls));
    }
  }

  /** A TCP connection that says nothing costs a file descriptor; nobody may take them all. */
  #enter(socket: Socket): void {
    const { remoteAddress = "unknown", remotePort = 0 } = socket;
    const leave = this.#connections.enter(remoteAddress);
    if (leave === undefined) {
      socket.destroy();
      return;
    }
    const key = `${remoteAddress} ${remotePort}`;
    const forget = (): void => {
      leave();
      socket.off("close", forget);
      if (this.#leave.get(key) === forget) this.#leave.delete(key);
    };
    this.#leave.set(key, forget);
    socket.on("close", forget);
  }

  #upgrade(door: Door, request: IncomingMessage, raw: { readonly socket: Duplex; readonly head: Buffer }): void {
    const { socket } = raw;
    socket.on("error", destroyIt);
    const verdict = door.read(request, this.#options.perimeter());
    if (!verdict.ok) {
      this.#options.audit.warn("refused", { from: verdict.address, why: verdict.why });
      return refuseUpgrade(socket, "403 Forbidden");
    }
    const { peer } = verdict;
    const leave = this.#phase === "serving" ? this.#strangers.enter(peer.address) : undefined;
    if (leave === undefined) {
      const why = "too many sockets that have said nothing";
      if (this.#phase === "serving") this.#options.audit.warn("refused", { from: peer.address, why });
      return refuseUpgrade(socket, "503 Service Unavailable");
    }
    socket.on("close", leave);
    const { remoteAddress, remotePort } = request.socket;
    const known = this.#whenKnown(socket, leave, `${remoteAddress} ${remotePort}`);
    if (door.identify === undefined) return this.#open(request, raw, { peer, known });
    void door
      .identify(request, peer)
      .then((identity) =>
        this.#open(request, raw, { peer: identity === undefined ? peer : { ...peer, identity }, known }),
      )
      .catch(() => socket.destroy());
  }

  /** Made apart from the upgrade, which would keep its whole request alive for as long as the socket. */
  #whenKnown(socket: Duplex, leave: () => void, key: string): () => void {
    return () => {
      leave();
      socket.off("close", leave);
      this.#leave.get(key)?.();
    };
  }

  #open(
    request: IncomingMessage,
    { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
    { peer, known }: { readonly peer: Peer; readonly known: () => void },
  ): void {
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#options.onSocket(webSocket, peer, known));
  }

  /** From now on it says that it is ready. */
  serve(): void {
    this.#phase = "serving";
  }

  /** Takes no more connections; those that are there stay. */
  stopAccepting(): void {
    this.#phase = "draining";
    for (const server of this.#servers) server.close();
  }

  dispose(): void {
    this.stopAccepting();
    for (const server of this.#servers) server.closeAllConnections();
  }
}

function destroyIt(this: Duplex): void {
  this.destroy();
}

function createSecureServer(
  tls: TlsPair,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): SecureServer {
  // Asked for here and not imported above: few use it, and it takes a while to load.
  const https = process.getBuiltinModule("node:https");
  const options = { ...TIMING, ...secureOptions(tls), handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS };
  const server = https.createServer(options, answer);
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

const secureOptions = ({ cert, key, ca }: TlsPair) => ({
  cert,
  key,
  minVersion: "TLSv1.2" as const,
  ...(ca === undefined ? {} : { ca }),
});

/** Binds one server. Rejects with the error of the socket. */
function bind(server: AnyServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, exclusive: true, ipv6Only: true }, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
