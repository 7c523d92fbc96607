import { ChatThread } from "../../protocol/chat/chat-thread.ts";
import { applyPatch, type ChatItem, type TranscriptView } from "../../protocol/chat/transcript.ts";
import type { DeviceIdentity, DeviceTokenStore, GatewayCredential } from "../../protocol/client/credentials.ts";
import { GatewayConnection } from "../../protocol/client/gateway-connection.ts";
import type { GatewayTransport } from "../../protocol/client/transport.ts";
import { silentLogger } from "../../protocol/util/logger.ts";
import { connectGateway } from "../../remote/connect.ts";

export interface ChatClientOptions {
  readonly transport: GatewayTransport;
  readonly credential: GatewayCredential;
  readonly sessionKey: string;
  readonly identity?: DeviceIdentity | null;
  readonly tokens?: DeviceTokenStore | null;
}

/** The extension's whole connection without VS Code: one reconnecting connection, one chat, and a way to wait on both. */
export class ChatClient {
  readonly connection: GatewayConnection;
  readonly thread: ChatThread;
  readonly #transport: GatewayTransport;
  readonly #waiting = new Set<() => void>();
  #view: TranscriptView;

  constructor({ transport, credential, sessionKey, identity = null, tokens = null }: ChatClientOptions) {
    this.#transport = transport;
    const mode = identity === null ? "backend" : "ui";
    const client = { id: "gateway-client", mode, version: "0.1.0", platform: process.platform } as const;
    this.connection = new GatewayConnection({
      connect: (context) => connectGateway({ transport, context, client, credential, identity, tokens }),
      probe: async (signal) => transport.probe?.(signal),
      logger: silentLogger,
    });
    const { request, onEvent } = this.connection;
    this.thread = new ChatThread({ sessionKey, request, onEvent, logger: silentLogger });
    this.#view = { items: this.thread.snapshot().items, hasEarlier: false };
    this.thread.onPatch((patch) => {
      this.#view = applyPatch(this.#view, patch);
      this.#changed();
    });
    this.connection.onSession(() => void this.thread.connected().catch(() => undefined));
    this.connection.onState(({ phase }) => {
      if (phase !== "connected") this.thread.disconnected();
      this.#changed();
    });
    this.connection.start();
  }

  get phase(): string {
    return this.connection.state.phase;
  }

  get items(): readonly ChatItem[] {
    return this.#view.items;
  }

  get texts(): readonly string[] {
    return this.items.map(({ text }) => text);
  }

  /** The newest answer. */
  get run() {
    return this.items.findLast((item) => item.kind === "run");
  }

  /** Resolves when the condition holds; it is looked at after every change. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  connected(): Promise<void> {
    return this.until(() => this.phase === "connected");
  }

  dispose(): void {
    this.thread.dispose();
    this.connection.dispose();
    this.#transport.dispose();
  }

  #changed(): void {
    for (const check of this.#waiting) check();
  }
}
