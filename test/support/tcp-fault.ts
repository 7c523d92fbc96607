import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/** A TCP proxy on 127.0.0.1 whose link can be made bad while it runs. */
export interface TcpFault {
  readonly port: number;
  /** Milliseconds added to every chunk, each way. */
  setDelay(ms: number): void;
  /** Passes nothing on, in either direction, and closes nothing: a half-open link. New connections stall too. */
  stall(): void;
  /** Passes on again, what was held back first. */
  heal(): void;
  /** Resets every open connection. */
  cut(): void;
  /** Resets new connections as soon as they are made. */
  refuse(): void;
  /** Connections that the client has not closed. */
  readonly open: number;
  stop(): Promise<void>;
}

export async function startTcpFault(target: { host: string; port: number }): Promise<TcpFault> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const clients = new Set<Socket>();
  const held: (() => void)[] = [];
  let delay = 0;
  let stalled = false;
  let refusing = false;

  const pass = (work: () => void): void => {
    if (stalled) held.push(work);
    else if (delay > 0) setTimeout(() => (stalled ? held.push(work) : work()), delay);
    else work();
  };
  const pipe = (from: Socket, to: Socket): void => {
    from.on("data", (chunk: Buffer) => pass(() => to.writable && to.write(chunk)));
    from.on("end", () => pass(() => to.end()));
    from.on("error", () => undefined);
    from.on("close", () => pass(() => to.destroy()));
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ ...target, noDelay: true, allowHalfOpen: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    clients.add(client);
    client.on("end", () => clients.delete(client));
    client.on("close", () => {
      clients.delete(client);
      pairs.delete(pair);
    });
    pipe(client, upstream);
    pipe(upstream, client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const cut = (): void => {
    for (const [client, upstream] of pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    setDelay: (ms) => (delay = ms),
    stall: () => (stalled = true),
    heal() {
      stalled = false;
      refusing = false;
      for (const work of held.splice(0)) work();
    },
    cut,
    refuse: () => (refusing = true),
    get open() {
      return clients.size;
    },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      return closed;
    },
  };
}
