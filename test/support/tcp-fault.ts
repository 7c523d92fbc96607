import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/** A TCP proxy on 127.0.0.1 whose link can be made bad while it runs. */
export interface TcpFault {
  readonly port: number;
  /** Milliseconds added to every chunk, each way. */
  setDelay(ms: number): void;
  /** This share of the chunks (0 to 1) comes so much later, and with it all that follows: a packet that was sent again. */
  setRepeats(repeats: { share: number; ms: number }): void;
  /** Passes nothing on, in either direction, and closes nothing: a half-open link. New connections stall too. */
  stall(): void;
  /** Passes on again, what was held back first. */
  heal(): void;
  /** Forgets every open connection without telling either side, as a NAT does. New ones are well. */
  forget(): void;
  /** Resets every open connection. */
  cut(): void;
  /** Resets new connections as soon as they are made. */
  refuse(): void;
  /** Connections that the client has not closed. */
  readonly open: number;
  /** Connections that were ever made. */
  readonly made: number;
  stop(): Promise<void>;
}

export async function startTcpFault(target: { host: string; port: number }): Promise<TcpFault> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const forgotten = new WeakSet<Socket>();
  const clients = new Set<Socket>();
  const held: (() => void)[] = [];
  let delay = 0;
  let repeats = { share: 0, ms: 0 };
  let stalled = false;
  let refusing = false;
  let made = 0;

  const pipe = (from: Socket, to: Socket): void => {
    // Nothing overtakes: what comes after a late chunk is late too.
    const late: { readonly at: number; readonly work: () => void }[] = [];
    const deliver = (): void => {
      for (let next = late[0]; next !== undefined && next.at <= performance.now(); next = late[0]) {
        late.shift();
        if (stalled) held.push(next.work);
        else next.work();
      }
      const [next] = late;
      if (next !== undefined) setTimeout(deliver, Math.max(1, next.at - performance.now()));
    };
    const pass = (work: () => void): void => {
      if (forgotten.has(from)) return;
      const at = performance.now() + delay + (Math.random() < repeats.share ? repeats.ms : 0);
      if (late.push({ at: Math.max(at, late.at(-1)?.at ?? 0), work }) === 1) deliver();
    };
    from.on("data", (chunk: Buffer) => pass(() => to.writable && to.write(chunk)));
    from.on("end", () => pass(() => to.end()));
    from.on("error", () => undefined);
    from.on("close", () => pass(() => to.destroy()));
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    made++;
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
    setRepeats: (next) => (repeats = next),
    stall: () => (stalled = true),
    heal() {
      stalled = false;
      refusing = false;
      for (const work of held.splice(0)) work();
    },
    forget() {
      for (const socket of [...pairs].flat()) forgotten.add(socket);
    },
    cut,
    refuse: () => (refusing = true),
    get open() {
      return clients.size;
    },
    get made() {
      return made;
    },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      return closed;
    },
  };
}
