import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import type { Disposable } from "../../protocol/util/disposable.ts";
import { openLoopbackLine } from "../../remote/ssh/session/loopback-line.ts";
import { DEFAULT_GATEWAY_PORT } from "../../remote/transport/find-gateway.ts";
import type { HostRoad } from "../onboarding/host-onboarding.ts";

/** A port of this computer that leads to the Gateway; disposing it ends what runs through it. */
export interface LocalPort extends Disposable {
  readonly port: number;
}

const LOOPBACK = "127.0.0.1";
const CHANNEL_TIMEOUT_MS = 15_000;
/** More at once than any browser opens; the rest is hung up on. */
const MOST_CONNECTIONS = 64;

/**
 * Listens on the loopback and passes each connection through the SSH connection of the road, whichever that is at the
 * moment: it stays open over a reconnect. Prefers OpenClaw's own port, so that the CLI finds it; takes a free one when that
 * is busy. Rejects with the error of the socket when neither can be had.
 */
export async function openLocalPort(road: HostRoad): Promise<LocalPort> {
  const abort = new AbortController();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    void carry(socket, road, abort.signal);
  });
  server.maxConnections = MOST_CONNECTIONS;
  const port = (await listen(server, DEFAULT_GATEWAY_PORT)) ?? (await listen(server, 0));
  if (port === undefined) throw new Error(`No port of ${LOOPBACK} can be listened on.`);
  return {
    port,
    dispose() {
      abort.abort();
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** One connection, both ways, until either end closes it. Never rejects. */
async function carry(socket: Socket, road: HostRoad, signal: AbortSignal): Promise<void> {
  try {
    const { session, gatewayPort } = road;
    const bound = { signal, timeoutMs: CHANNEL_TIMEOUT_MS };
    const channel = session && (await openLoopbackLine(session, gatewayPort, bound));
    if (channel === undefined || socket.destroyed) {
      channel?.destroy();
      socket.destroy();
      return;
    }
    channel.on("error", () => socket.destroy());
    channel.once("close", () => socket.end());
    socket.once("close", () => channel.destroy());
    socket.pipe(channel).pipe(socket);
  } catch {
    socket.destroy();
  }
}

/** `undefined` when the port is taken. */
function listen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    };
    server.once("error", onError);
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      server.off("error", onError);
      const address: AddressInfo | string | null = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : undefined);
    });
  });
}
