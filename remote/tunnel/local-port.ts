import { type AddressInfo, type Server, type Socket, createServer } from "node:net";
import type { Duplex } from "node:stream";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import { type Disposable, toDisposable } from "../../protocol/util/disposable.ts";
import { codeOf } from "../net/dial.ts";
import { join } from "./join.ts";

export interface LocalPortOptions {
  /** Opens a line to the Gateway; called once for each connection that comes in. */
  readonly openChannel: (signal: AbortSignal) => Promise<Duplex>;
  /** Taken when it is free, else the system gives one. */
  readonly preferredPort: number;
  /** Connections at a time; more are reset. */
  readonly maxConnections?: number;
  /** Hears why a connection got no line. */
  readonly onFault: (error: ConnectError) => void;
}

/** A listening port of this computer that leads to a Gateway. Everybody on this computer can use it while it is open. */
export interface LocalPort extends Disposable {
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
}

const HOST = "127.0.0.1";
const MAX_CONNECTIONS = 64;

/**
 * Opens a port for the CLI and for browsers, on IPv4 loopback and nowhere else. Disposing it ends every connection through
 * it and everything that was being opened for one.
 * @throws ConnectError TCP_UNREACHABLE when this computer gives no port at all
 */
export async function openLocalPort(options: LocalPortOptions): Promise<LocalPort> {
  const { openChannel, onFault, maxConnections = MAX_CONNECTIONS } = options;
  const owner = new AbortController();
  const sockets = new Set<Socket>();

  const serve = async (socket: Socket): Promise<void> => {
    sockets.add(socket);
    const gone = new AbortController();
    // Errors need a listener from the first moment on; `close` follows each of them.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      sockets.delete(socket);
      gone.abort();
    });
    try {
      const channel = await openChannel(AbortSignal.any([owner.signal, gone.signal]));
      if (socket.destroyed) {
        channel.on("error", () => undefined);
        channel.destroy();
      } else {
        join(socket, channel);
      }
    } catch (error) {
      socket.resetAndDestroy();
      if (error instanceof ConnectError) onFault(error);
      else if (!(error instanceof CancelledError)) onFault(lineFault(error));
    }
  };
  // Nobody listens to a socket's data before there is a line, so that Node holds 64 KiB of it at the most.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (sockets.size >= maxConnections) socket.resetAndDestroy();
    else void serve(socket);
  });
  const port = await listen(server, options.preferredPort);
  const end = toDisposable(() => {
    owner.abort();
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
  });
  return {
    port,
    get connections() {
      return sockets.size;
    },
    dispose: () => end.dispose(),
  };
}

async function listen(server: Server, preferredPort: number): Promise<number> {
  const attempt = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: HOST, port, exclusive: true }, () => {
        server.off("error", reject);
        resolve(portOf(server.address()));
      });
    });
  try {
    return await attempt(preferredPort).catch((error: unknown) => {
      const isTaken = codeOf(error) === "EADDRINUSE" || codeOf(error) === "EACCES";
      if (!isTaken) throw error;
      return attempt(0);
    });
  } catch (error) {
    const detail = codeOf(error) ?? String(error);
    throw new ConnectError("TCP_UNREACHABLE", `No port could be opened on ${HOST} (${detail}).`, {
      step: "resolve",
      facts: [
        { label: "host", value: HOST },
        { label: "port", value: String(preferredPort) },
        { label: "detail", value: detail },
      ],
      cause: error,
    });
  }
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0;

function lineFault(error: unknown): ConnectError {
  const detail = error instanceof Error ? error.message : String(error);
  return new ConnectError("LINK_LOST", `No line to the Gateway: ${detail}.`, {
    step: "find-gateway",
    facts: [{ label: "detail", value: detail }],
    cause: error,
  });
}
