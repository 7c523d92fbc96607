import { type IncomingMessage, createServer, request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import type { GatewayUnderTest } from "../support/gateway-under-test.ts";

/** A frame of the Gateway as parsed JSON. */
export type WireFrame = Readonly<Record<string, unknown>>;

/** What a mutation knows of the socket that a frame is for. */
export interface ProxySocket {
  /** Sends a frame that the Gateway has not sent. */
  inject(frame: WireFrame): void;
  /** Sends a frame to every other client. */
  leak(frame: WireFrame): void;
  close(code: number): void;
}

/** One thing that is broken between a Gateway and its clients; what is left out passes as it is. */
export interface Mutation {
  readonly name: string;
  /** Turns a frame of the Gateway into those that the client gets: none drops it. */
  readonly frame?: (frame: WireFrame, socket: ProxySocket) => readonly WireFrame[];
  readonly request?: (frame: WireFrame) => readonly WireFrame[];
  readonly close?: (code: number, reason: string) => { readonly code: number; readonly reason: string };
  readonly http?: (body: string) => string;
  /** The status of a refused upgrade. */
  readonly refusal?: (status: number) => number;
  readonly opened?: (socket: ProxySocket) => void;
  readonly pong?: false;
}

export interface MutatingProxy extends GatewayUnderTest {
  /** Ends every connection that is open now. */
  hangUp(): void;
  stop(): Promise<void>;
}

/** Bytes; longer requests are there for their length or depth, and are not sent in another form. */
const MOST_REWRITTEN = 16 * 1024;
const FORWARDED = ["origin", "x-forwarded-for"] as const;

/** Stands before a Gateway and breaks one thing. */
export async function startMutatingProxy(gateway: GatewayUnderTest, mutation: Mutation): Promise<MutatingProxy> {
  const clients = new Set<WebSocket>();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: 100 * 1024 * 1024,
    autoPong: mutation.pong ?? true,
  });
  const server = createServer((request, response) => {
    httpRequest({ host: "127.0.0.1", port: gateway.port, path: request.url, method: request.method }, (answer) => {
      let body = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      answer.on("end", () => response.writeHead(answer.statusCode ?? 500).end(mutation.http?.(body) ?? body));
    }).end();
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const headers = Object.fromEntries(
      FORWARDED.flatMap((name) => (request.headers[name] ? [[name, request.headers[name]]] : [])),
    );
    const upstream = new WebSocket(gateway.url, { headers, perMessageDeflate: false, maxPayload: 100 * 1024 * 1024 });
    const early: Buffer[] = [];
    upstream.on("message", (data: Buffer) => early.push(data));
    upstream.on("error", () => socket.destroy());
    upstream.on("unexpected-response", (_request, answer) => {
      const status = mutation.refusal?.(answer.statusCode ?? 500) ?? answer.statusCode ?? 500;
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      answer.destroy();
    });
    upstream.once("open", () => {
      sockets.handleUpgrade(request, socket, head, (client) => {
        clients.add(client);
        join({ client, upstream, mutation, early, others: () => [...clients].filter((other) => other !== client) });
        client.once("close", () => clients.delete(client));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");
  return {
    name: `${gateway.name} behind "${mutation.name}"`,
    url: `ws://127.0.0.1:${address.port}`,
    port: address.port,
    token: gateway.token,
    hangUp() {
      for (const client of clients) client.terminate();
    },
    stop() {
      for (const client of clients) client.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function join(ends: {
  client: WebSocket;
  upstream: WebSocket;
  mutation: Mutation;
  early: readonly Buffer[];
  others: () => readonly WebSocket[];
}): void {
  const { client, upstream, mutation, others } = ends;
  const send = (to: WebSocket, frame: WireFrame): void => pass(to, Buffer.from(JSON.stringify(frame)), false);
  const socket: ProxySocket = {
    inject: (frame) => send(client, frame),
    leak: (frame) => others().forEach((other) => send(other, frame)),
    close: (code) => client.close(code),
  };
  const down = (data: Buffer): void => {
    const frame = parse(data.toString("utf8"));
    if (frame === undefined || mutation.frame === undefined) return pass(client, data, false);
    for (const each of mutation.frame(frame, socket)) {
      if (each === frame) pass(client, data, false);
      else send(client, each);
    }
  };
  upstream.removeAllListeners("message");
  ends.early.forEach(down);
  upstream.on("message", down);
  client.on("message", (data: Buffer, isBinary) => {
    const frame = parse(data.toString("utf8"));
    if (frame === undefined || mutation.request === undefined) return pass(upstream, data, isBinary);
    for (const each of mutation.request(frame)) {
      // What is not changed goes on as it came: JSON that is nested too deep cannot be written out again.
      if (each === frame) pass(upstream, data, isBinary);
      else if (data.length < MOST_REWRITTEN) send(upstream, each);
    }
  });
  client.on("error", () => undefined);
  upstream.on("close", (code, reason) => {
    const end = mutation.close?.(code, reason.toString("utf8")) ?? { code, reason: reason.toString("utf8") };
    // Codes that stand for "none was sent" cannot be sent.
    if (end.code === 1005 || end.code === 1006) client.close();
    else client.close(end.code, end.reason);
  });
  client.on("close", () => upstream.terminate());
  mutation.opened?.(socket);
}

function pass(to: WebSocket, data: Buffer, binary: boolean): void {
  if (to.readyState === WebSocket.OPEN) to.send(data, { binary });
}

function parse(text: string): WireFrame | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as WireFrame) : undefined;
  } catch {
    return undefined;
  }
}
