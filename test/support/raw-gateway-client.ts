import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { TestIdentity } from "./test-identity.ts";
import type { Challenge } from "./wire-shapes.ts";

export interface ResFrame {
  readonly type: "res";
  readonly id: string;
  readonly ok: boolean;
  readonly payload?: unknown;
  readonly error?: WireError;
}

export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  readonly retryAfterMs?: number;
}

export interface EventFrame<T = unknown> {
  readonly type: "event";
  readonly event: string;
  readonly payload: T;
  readonly seq?: number;
}

export type Frame = ResFrame | EventFrame;

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export const ALL_SCOPES = [
  "operator.read",
  "operator.write",
  "operator.admin",
  "operator.approvals",
  "operator.pairing",
] as const;

/** How a test says hello; what is left out is what a well-behaved operator UI with a fresh device sends. */
export interface HelloOptions {
  readonly auth?: Record<string, string> | undefined;
  readonly client?: Record<string, unknown>;
  readonly role?: string;
  readonly scopes?: readonly string[];
  readonly caps?: readonly string[];
  readonly minProtocol?: number;
  readonly maxProtocol?: number;
  readonly identity?: TestIdentity | null;
  readonly signature?: "v2" | "v3";
  /** Changes the device block after it was signed. */
  readonly tamper?: (device: Record<string, unknown>) => Record<string, unknown>;
  readonly signedAt?: number;
  readonly nonce?: string;
  readonly extra?: Record<string, unknown>;
}

const WAIT_MS = 10_000;

/**
 * A Gateway client with no manners of its own, so that the contract is checked independently of the product's client: it
 * keeps every frame in order and sends whatever it is told.
 */
export class RawGatewayClient {
  readonly frames: Frame[] = [];
  readonly closed: Promise<Closing>;
  readonly #socket: WebSocket;
  #wake: (() => void)[] = [];
  #ended = false;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", (code, reason) => {
        this.#ended = true;
        resolve({ code, reason: reason.toString("utf8") });
        this.#notify();
      });
    });
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString("utf8")) as Frame);
      this.#notify();
    });
  }

  static async open(
    url: string,
    options: { origin?: string; headers?: Record<string, string> } = {},
  ): Promise<RawGatewayClient> {
    const socket = new WebSocket(url, { ...options, perMessageDeflate: false });
    const client = new RawGatewayClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(frame: unknown): void {
    this.#socket.send(JSON.stringify(frame));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  sendBinary(bytes: Uint8Array): void {
    this.#socket.send(bytes, { binary: true });
  }

  /** Round trip of a WebSocket ping, milliseconds. */
  async ping(): Promise<number> {
    const start = performance.now();
    await new Promise<void>((resolve) => {
      this.#socket.once("pong", () => resolve());
      this.#socket.ping();
    });
    return performance.now() - start;
  }

  /** The first frame from `from` on for which `pick` gives something; waits for it. Rejects when the socket closes first. */
  async find<T>(
    what: string,
    pick: (frame: Frame) => T | undefined,
    options: { from?: number; timeoutMs?: number } = {},
  ): Promise<T> {
    const deadline = performance.now() + (options.timeoutMs ?? WAIT_MS);
    let index = options.from ?? 0;
    for (;;) {
      for (; index < this.frames.length; index++) {
        const frame = this.frames[index];
        const found = frame && pick(frame);
        if (found !== undefined) return found;
      }
      const left = deadline - performance.now();
      if (this.#ended || left <= 0)
        throw new Error(
          `${what} did not come ${this.#ended ? "before the socket closed" : "in time"}; got ${this.#summary()}`,
        );
      await this.#next(left);
    }
  }

  /** Waits for an event; `T` is what the caller expects of its payload. */
  event<T = unknown>(
    name: string,
    match: (payload: T) => boolean = () => true,
    options: { from?: number; timeoutMs?: number } = {},
  ): Promise<EventFrame<T>> {
    const pick = (frame: Frame): EventFrame<T> | undefined =>
      isEvent<T>(frame, name) && match(frame.payload) ? frame : undefined;
    return this.find(`event ${name}`, pick, options);
  }

  /** Every event of one name so far, in order. */
  events<T = unknown>(name: string, match: (payload: T) => boolean = () => true): EventFrame<T>[] {
    return this.frames.filter((frame) => isEvent<T>(frame, name)).filter((frame) => match(frame.payload));
  }

  response(id: string, timeoutMs?: number, from = 0): Promise<ResFrame> {
    const pick = (frame: Frame): ResFrame | undefined => (frame.type === "res" && frame.id === id ? frame : undefined);
    return this.find(`answer ${id}`, pick, { from, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  }

  async request(method: string, params: unknown = {}, timeoutMs?: number): Promise<ResFrame> {
    const id = randomUUID();
    const from = this.frames.length;
    this.send({ type: "req", id, method, params });
    return this.response(id, timeoutMs, from);
  }

  /** The payload of a request that must succeed. */
  call<T = unknown>(method: string, params: unknown = {}): Promise<T> {
    const payload = this.request(method, params).then((answer) => {
      if (!answer.ok) throw new Error(`${method} was refused: ${JSON.stringify(answer.error)}`);
      return answer.payload as T;
    });
    // A test that failed before it looked has a better error to tell.
    payload.catch(() => undefined);
    return payload;
  }

  async challenge(): Promise<Challenge> {
    return (await this.event<Challenge>("connect.challenge")).payload;
  }

  /** Sends `connect` for the challenge that came and waits for the answer. */
  async hello(token: string, options: HelloOptions = {}): Promise<ResFrame> {
    const challenge = await this.challenge();
    const params = connectParams(token, challenge, options);
    return this.request("connect", params);
  }

  async close(): Promise<void> {
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close();
    await this.closed;
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #next(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #summary(): string {
    const names = this.frames.map((frame) =>
      frame.type === "event" ? frame.event : `res ${frame.ok ? "ok" : (frame.error?.message ?? "error")}`,
    );
    return names.length === 0 ? "nothing" : names.slice(-20).join(", ");
  }
}

const isEvent = <T>(frame: Frame, name: string): frame is EventFrame<T> =>
  frame.type === "event" && frame.event === name;

/** The parameters of a well-behaved `connect`, as changed by `options`. */
export function connectParams(token: string, challenge: Challenge, options: HelloOptions): Record<string, unknown> {
  const client = { id: "gateway-client", version: "0.1.0", platform: "linux", mode: "ui", ...options.client };
  const role = options.role ?? "operator";
  const scopes = options.scopes ?? ALL_SCOPES;
  const auth = "auth" in options ? options.auth : { token };
  const identity = options.identity === undefined ? new TestIdentity() : options.identity;
  const base = {
    minProtocol: options.minProtocol ?? 4,
    maxProtocol: options.maxProtocol ?? 4,
    client,
    caps: options.caps ?? [],
    role,
    scopes,
    ...(auth === undefined ? {} : { auth }),
    ...options.extra,
  };
  if (identity === null) return base;
  const signedAt = options.signedAt ?? challenge.ts;
  const nonce = options.nonce ?? challenge.nonce;
  const signature = identity.sign(options.signature ?? "v3", {
    clientId: client.id,
    clientMode: client.mode,
    role,
    scopes,
    signedAt,
    token: auth?.["token"] ?? auth?.["deviceToken"] ?? "",
    nonce,
    platform: client.platform,
    deviceFamily: (options.client?.["deviceFamily"] as string | undefined) ?? "",
  });
  const device = { id: identity.id, publicKey: identity.publicKey, signature, signedAt, nonce };
  return { ...base, device: options.tamper ? options.tamper(device) : device };
}
