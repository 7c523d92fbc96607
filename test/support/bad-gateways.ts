import { type Server, createServer } from "node:http";
import { type AddressInfo, type Socket, createServer as createTcpServer } from "node:net";
import { randomUUID } from "node:crypto";
import { type WebSocket, WebSocketServer } from "ws";

/** A server on loopback that is not the Gateway one hoped for. */
export interface BadGateway {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Accepts connections and then does this with them. */
export async function tcpServer(behave: (socket: Socket) => void): Promise<BadGateway> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return bad(server.address() as AddressInfo, () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  });
}

/** A web server that knows nothing of WebSockets. */
export async function webServer(status: number): Promise<BadGateway> {
  const server: Server = createServer((_request, response) => response.writeHead(status).end("<h1>hello</h1>"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return bad(server.address() as AddressInfo, () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  });
}

/** Says this when a WebSocket opens, and answers a frame with what `reply` gives, or not at all. */
export async function webSocketServer(script: {
  readonly greeting?: unknown;
  readonly reply?: (frame: { id: string; method: string }) => unknown;
}): Promise<BadGateway> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  const send = (socket: WebSocket, value: unknown): void => {
    if (value !== undefined) socket.send(typeof value === "string" ? value : JSON.stringify(value));
  };
  server.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) =>
      send(socket, script.reply?.(JSON.parse(data.toString("utf8")) as { id: string; method: string })),
    );
    send(socket, script.greeting);
  });
  await new Promise((resolve) => server.once("listening", resolve));
  return bad(server.address() as AddressInfo, () => {
    for (const socket of server.clients) socket.terminate();
    return new Promise((resolve) => server.close(() => resolve()));
  });
}

/** The challenge of a real Gateway. */
export const challenge = () => ({
  type: "event",
  event: "connect.challenge",
  payload: { nonce: randomUUID(), ts: Date.now() },
});

/** The shortest hello-ok that a tolerant client takes. */
export const helloOk = (id: string) => ({
  type: "res",
  id,
  ok: true,
  payload: {
    type: "hello-ok",
    protocol: 4,
    server: { version: "0", connId: "c" },
    features: { methods: [], events: [] },
    auth: { role: "operator", scopes: ["operator.read"] },
    policy: { maxPayload: 1, maxBufferedBytes: 1, tickIntervalMs: 30_000 },
    snapshot: { presence: [], health: {}, stateVersion: { presence: 1, health: 1 }, uptimeMs: 1 },
  },
});

function bad({ port }: AddressInfo, stop: () => Promise<void>): BadGateway {
  return { port, url: `ws://127.0.0.1:${port}`, stop };
}
