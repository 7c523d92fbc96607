import { randomUUID } from "node:crypto";
import type { GatewayUnderTest } from "../support/gateway-under-test.ts";
import { type Closing, type HelloOptions, RawGatewayClient, type WireError } from "../support/raw-gateway-client.ts";
import type { TestIdentity } from "../support/test-identity.ts";
import type { Hello, Message } from "../support/wire-shapes.ts";
import { reached } from "./run-events.ts";

export interface OpenOptions {
  readonly origin?: string;
  readonly headers?: Record<string, string>;
}

/** An operator that said hello. */
export interface Operator {
  readonly client: RawGatewayClient;
  /** The payload of its `hello-ok`. */
  readonly hello: Hello;
}

export interface Turn {
  readonly runId: string;
  readonly text: string;
}

/** One check's time at a Gateway; closes every socket that it opened. */
export class Visit {
  readonly gateway: GatewayUnderTest;
  /** The paired device that all checks share: a real Gateway forgets older silent pairings of the same client. */
  readonly identity: TestIdentity;
  readonly #clients: RawGatewayClient[] = [];

  constructor(gateway: GatewayUnderTest, identity: TestIdentity) {
    this.gateway = gateway;
    this.identity = identity;
  }

  /** A socket that said nothing yet. */
  async open(options: OpenOptions = {}): Promise<RawGatewayClient> {
    const client = await RawGatewayClient.open(this.gateway.url, options);
    this.#clients.push(client);
    return client;
  }

  /** An operator with the shared device and every scope, as changed by `options`. */
  async operator(options: HelloOptions = {}): Promise<Operator> {
    const client = await this.open();
    const answer = await client.hello(this.gateway.token, { identity: this.identity, ...options });
    if (!answer.ok) throw new Error(`connect was refused: ${JSON.stringify(answer.error)}`);
    return { client, hello: answer.payload as Hello };
  }

  /** A hello that the Gateway must refuse, and how it then closed. */
  async refused(options: HelloOptions, open: OpenOptions = {}): Promise<{ error: WireError; closing: Closing }> {
    const client = await this.open(open);
    const answer = await client.hello(this.gateway.token, { identity: this.identity, ...options });
    if (answer.ok || answer.error === undefined) throw new Error("connect was accepted");
    return { error: answer.error, closing: await client.closed };
  }

  /** A session that no other check uses. */
  sessionKey(): string {
    return `agent:main:contract-${randomUUID()}`;
  }

  /** One whole turn, from `chat.send` to `final`. */
  async turn(client: RawGatewayClient, sessionKey: string, message: string): Promise<Turn> {
    const runId = randomUUID();
    await client.call("chat.send", { sessionKey, message, idempotencyKey: runId });
    const final = await client.event("chat", reached(runId, "final"), {
      timeoutMs: 60_000,
    });
    return { runId, text: textOf(final.payload.message) };
  }

  async leave(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

/** The text of a transcript row or of a streamed message; nothing when the row is missing. */
export function textOf(message: Message | undefined): string {
  if (message === undefined) return "";
  if (typeof message.content === "string") return message.content;
  return message.content.map((part) => part.text ?? "").join("");
}
