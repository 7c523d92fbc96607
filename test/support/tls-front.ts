import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type { Certificate } from "./certificate.ts";

export interface TlsFrontOptions {
  readonly certificate: Pick<Certificate, "key" | "cert">;
  /** The Gateway behind it, `ws://`. */
  readonly gateway: string;
  /** Who is let through, as an edge decides it; default: everybody. */
  readonly admits?: (headers: IncomingHttpHeaders) => boolean;
}

/** What a reverse proxy does, on loopback: TLS in front, the Gateway behind. */
export async function startTlsFront(
  options: TlsFrontOptions,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { certificate, gateway, admits = () => true } = options;
  const server = createServer({ key: certificate.key, cert: certificate.cert });
  server.on("tlsClientError", () => undefined);
  const front = new WebSocketServer({
    server,
    verifyClient: ({ req }: { readonly req: IncomingMessage }) => admits(req.headers),
  });
  front.on("connection", (client) => {
    const behind = new WebSocket(gateway);
    const waiting: string[] = [];
    client.on("message", (data: Buffer) => {
      if (behind.readyState === WebSocket.OPEN) behind.send(data.toString("utf8"));
      else waiting.push(data.toString("utf8"));
    });
    behind.on("open", () => {
      for (const text of waiting) behind.send(text);
    });
    behind.on("message", (data: Buffer) => client.send(data.toString("utf8")));
    behind.on("error", () => client.close());
    behind.on("close", () => client.close());
    client.on("close", () => behind.close());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
