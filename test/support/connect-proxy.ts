import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, type Socket, connect } from "node:net";
import type { Duplex } from "node:stream";
import type { Certificate } from "./certificate.ts";

export interface ConnectProxyOptions {
  /** `user:password` that it wants by Basic. */
  readonly credential?: string;
  /** An `https://` proxy. */
  readonly certificate?: Certificate;
}

export interface ConnectProxy {
  readonly port: number;
  /** Each CONNECT: `host:port`, and what came as `Proxy-Authorization`. */
  readonly asked: readonly { readonly target: string; readonly authorization: string | undefined }[];
  /** What was carried to Gateways, as it came. */
  carried(): string;
  stop(): Promise<void>;
}

/** A real CONNECT proxy on loopback. It resolves every name to this computer, so that only who asks it gets there. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { certificate, credential } = options;
  const asked: { target: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Duplex>();
  const chunks: Buffer[] = [];
  const keep = (socket: Duplex): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
  };
  const server =
    certificate === undefined ? createServer() : createTlsServer({ key: certificate.key, cert: certificate.cert });
  server.on("connection", (socket: Socket) => keep(socket));
  server.on("tlsClientError", () => undefined);
  server.on("connect", (request, client, head) => {
    const authorization = request.headers["proxy-authorization"];
    asked.push({ target: request.url ?? "", authorization });
    if (credential !== undefined && authorization !== `Basic ${Buffer.from(credential).toString("base64")}`) {
      client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="Big Company"\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    const port = Number(request.url?.split(":").at(-1));
    const gateway = connect({ host: "127.0.0.1", port }, () => {
      client.write("HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n");
      gateway.write(head);
      client.on("data", (chunk: Buffer) => void chunks.push(chunk));
      client.pipe(gateway).pipe(client);
    });
    keep(gateway);
    keep(client);
    gateway.once("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    client.on("close", () => gateway.destroy());
    gateway.on("close", () => client.end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    carried: () => Buffer.concat(chunks).toString("latin1"),
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
