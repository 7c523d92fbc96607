import { type Server, type Socket, connect, createServer } from "node:net";

export interface ConnectProxyOptions {
  /** The value of `Proxy-Authorization` that it lets out. */
  readonly authorization?: string;
  /** Where every line leads, whatever is asked for; the name need not exist. */
  readonly leadsTo: number;
  /** Answers with these bytes instead of what is right. */
  readonly says?: string;
  readonly wrap?: (onSocket: (socket: Socket) => void) => Server;
}

/** A real HTTP proxy on loopback that knows CONNECT and nothing else. */
export interface ConnectProxy {
  readonly port: number;
  /** The heads of the requests that came. */
  readonly heads: readonly string[];
  stop(): Promise<void>;
}

export async function startConnectProxy(options: ConnectProxyOptions): Promise<ConnectProxy> {
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  const serve = (client: Socket): void => {
    sockets.add(client);
    client.on("error", () => client.destroy());
    client.once("data", (data: Buffer) => {
      const head = data.toString("latin1");
      heads.push(head);
      if (options.says !== undefined) return void client.write(options.says, "latin1");
      const given = /^proxy-authorization: (.*)\r$/im.exec(head)?.[1];
      if (options.authorization !== undefined && given !== options.authorization) {
        return void client.end(
          'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="lab"\r\nContent-Length: 0\r\n\r\n',
        );
      }
      const line = connect({ host: "127.0.0.1", port: options.leadsTo });
      sockets.add(line);
      line.on("error", () => client.destroy());
      client.once("close", () => line.destroy());
      client.write("HTTP/1.1 200 Connection established\r\nVia: lab\r\n\r\n");
      client.pipe(line).pipe(client);
    });
  };
  const server = options.wrap?.(serve) ?? createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    heads,
    stop() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
