import { WebSocket } from "ws";
import { RawGatewayClient } from "../test/support/raw-gateway-client.ts";
import type { Payloads } from "./servers/start.ts";

interface Gateway {
  readonly url: string;
  readonly token: string;
}

const CLI = { identity: null, client: { id: "cli", mode: "cli" } } as const;

/** Connects as the CLI does and resolves once the Gateway has said hello; a Gateway that still starts is asked again. */
export async function sayHello({ url, token }: Gateway): Promise<RawGatewayClient> {
  for (;;) {
    const client = await RawGatewayClient.open(url);
    const answer = await client.hello(token, CLI);
    if (answer.ok) return client;
    await client.close();
    if (answer.error?.code !== "UNAVAILABLE") throw new Error(`connect was refused: ${answer.error?.message}`);
    await new Promise((resolve) => setTimeout(resolve, answer.error?.retryAfterMs ?? 100));
  }
}

/** The Gateway lets 32 sockets of one address be in the handshake. */
const AT_ONCE = 16;

/** So many clients that say hello and then only listen. */
export async function openCrowd(gateway: Gateway, size: number): Promise<readonly CountingClient[]> {
  const crowd: CountingClient[] = [];
  const open = async (): Promise<void> => {
    while (crowd.length < size) {
      // Its place is taken before it is filled, so that no two open the last one.
      const place = crowd.length;
      crowd.length += 1;
      crowd[place] = await CountingClient.open(gateway);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  return crowd;
}

/** What a Gateway says to `connect` and to `health`, for the bare server to repeat. */
export async function recordPayloads(gateway: Gateway): Promise<Payloads> {
  const client = await RawGatewayClient.open(gateway.url);
  const hello = await client.hello(gateway.token, CLI);
  const health = await client.call("health");
  await client.close();
  return { hello: hello.payload, health };
}

/**
 * A connection that only counts: it has said hello, and `ask` resolves with the next answer. Nothing is parsed, so that the
 * client's own work is small and the same against every server.
 */
export class CountingClient {
  readonly #socket: WebSocket;
  #answered: (() => void) | undefined;
  #events = 0;
  /** Called for each event, after it was counted. */
  onEvent: (() => void) | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => {
      // `{"type":"res"…`: everything else is an event.
      if (data[9] === 0x72) return this.#answered?.();
      this.#events += 1;
      this.onEvent?.();
    });
  }

  /** How many events have come. */
  get events(): number {
    return this.#events;
  }

  /** Reads nothing from now on, so that everything piles up at the server. */
  stopReading(): void {
    this.#socket.pause();
  }

  static async open(gateway: Gateway): Promise<CountingClient> {
    const socket = new WebSocket(gateway.url, { perMessageDeflate: false });
    const client = new CountingClient(socket);
    await new Promise((resolve, reject) => {
      socket.once("message", resolve);
      socket.once("error", reject);
    });
    const params = {
      minProtocol: 4,
      maxProtocol: 4,
      client: { id: "cli", version: "0.1.0", platform: process.platform, mode: "cli" },
      role: "operator",
      scopes: ["operator.read"],
      caps: [],
      auth: { token: gateway.token },
    };
    await client.ask(JSON.stringify({ type: "req", id: "hello", method: "connect", params }));
    return client;
  }

  ask(frame: string): Promise<void> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.send(frame);
    });
  }

  close(): void {
    this.#socket.terminate();
  }
}
