import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import type { Logger } from "../../protocol/util/logger.ts";
import type { ModelLoader } from "../agent/model-port.ts";
import type { SidecarConfig } from "../config/config.ts";
import { reasonOf } from "../config/startup-error.ts";
import type { Store } from "../store/store.ts";
import { type Audit, auditFacts, codeOf } from "./auth/audit.ts";
import { EVICTED, type Rules, evictionFor, isSameAuth } from "./auth/eviction.ts";
import type { AuthPolicy } from "./auth/gateway-auth.ts";
import { endTokensOfPages } from "./auth/rotation.ts";
import type { Peer } from "./auth/peer.ts";
import { AuthRateLimit } from "./auth/rate-limit.ts";
import { Broadcaster } from "./broadcast.ts";
import { Connection } from "./connection.ts";
import { EventLoopWatch } from "./event-loop.ts";
import { challenge, connectRequest } from "./first-frame.ts";
import { failureShape } from "./failure.ts";
import { gatewayContext } from "./gateway-context.ts";
import { type DoorKeeper, type Verdict, decide } from "./handshake.ts";
import { helloOk } from "./hello.ts";
import type { GatewayLimits } from "./limits.ts";
import type { MethodContext } from "./methods/method.ts";
import { METHODS } from "./methods/registry.ts";
import { dismissNode, welcomeNode } from "./node-reception.ts";
import { Router } from "./router.ts";
import { raiseMaxPayload } from "./socket-payload.ts";
import { errorFrame, okFrame, readFrame } from "./wire.ts";

const ignore = (): void => undefined;

const HEALTH_INTERVAL_MS = 60_000;
const METHOD_NAMES: readonly string[] = [...METHODS.keys()];

export interface GatewayOptions {
  readonly store: Store;
  readonly config: SidecarConfig;
  readonly policy: AuthPolicy;
  /** What device tokens are derived from. */
  readonly deviceKey: Buffer;
  readonly limits: GatewayLimits;
  readonly loadModel: ModelLoader;
  readonly logger: Logger;
  readonly audit: Audit;
  /** Throws a StartupError for a config that a start would refuse, although each of its values is fine. */
  readonly checkConfig?: (config: SidecarConfig) => void;
  readonly about: MethodContext["about"];
}

/** The Gateway without its port: takes open sockets, and owns all that they share. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #broadcaster = new Broadcaster();
  readonly #loop = new EventLoopWatch();
  readonly #context: MethodContext;
  #rules: Rules;
  #keeper: DoorKeeper;
  readonly #router: Router;
  readonly #timers: readonly NodeJS.Timeout[];
  /** Those that have not said who they are. */
  readonly #strangers = new Set<Connection>();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#rules = options;
    const { config, limits } = options;
    this.#context = gatewayContext(options, {
      broadcaster: this.#broadcaster,
      loop: this.#loop,
      rules: () => this.#rules,
    });
    const { events, pairing, runs, tokens } = this.#context;
    this.#keeper = {
      policy: options.policy,
      allowedOrigins: config.allowedOrigins,
      rateLimit: new AuthRateLimit(config.rateLimit),
      pairing,
      tokens,
    };
    this.#router = new Router(METHODS, this.#context, options.logger);
    runs.recover(Date.now());
    this.#timers = [
      setInterval(() => events.tick(), limits.tickIntervalMs),
      setInterval(() => this.#pingAll(), limits.pingIntervalMs),
      setInterval(() => this.#guarded(() => events.healthChanged()), HEALTH_INTERVAL_MS),
    ];
    for (const timer of this.#timers) timer.unref();
  }

  /**
   * From now on other rules hold. Whoever they would not have let in as they are goes at once. Throws when the store
   * could not be told; the rules hold all the same.
   */
  reconfigure(rules: Rules): void {
    const before = this.#rules;
    const evict = evictionFor(before, rules);
    const { config, policy } = rules;
    this.#rules = rules;
    this.#keeper = { ...this.#keeper, policy, allowedOrigins: config.allowedOrigins };
    this.#keeper.rateLimit.configure(config.rateLimit);
    this.#context.catalog.use(config);
    let gone = 0;
    for (const connection of this.#broadcaster) {
      const reason = evict(connection);
      if (reason === undefined) continue;
      connection.close(EVICTED, reason);
      gone += 1;
    }
    const { audit, store } = this.#options;
    const isSecretNew = !isSameAuth(before, rules);
    if (isSecretNew) audit.warn("secret changed", { mode: policy.auth.mode, disconnected: gone });
    else if (gone > 0) audit.warn("policy changed", { disconnected: gone });
    if (isSecretNew) store.transaction(() => endTokensOfPages(store.devices, this.#keeper.tokens, Date.now()));
  }

  /**
   * Takes an open socket through the handshake and serves it.
   * @param known called when the client has proved who it is
   */
  accept(socket: WebSocket, peer: Peer, known: () => void): void {
    const { limits } = this.#options;
    const connection = new Connection({
      id: randomUUID(),
      socket,
      peer,
      now: Date.now(),
      maxBufferedBytes: limits.maxBufferedBytes,
    });
    this.#strangers.add(connection);
    // A protocol violation or an oversized frame: `ws` sends the close code itself, 1002 or 1009.
    socket.on("error", ignore);
    socket.on("close", () => this.#guarded(() => this.#onClose(connection), connection));
    this.#greet(connection, known);
  }

  /** Asks who is there. What the handshake needs is let go with its end: thousands may be connected. */
  #greet(connection: Connection, known: () => void): void {
    const { socket } = connection;
    const nonce = randomUUID();
    const timeout = setTimeout(() => connection.close(1000), this.#options.limits.handshakeTimeoutMs);
    const end = (): void => {
      clearTimeout(timeout);
      socket.off("message", first).off("close", end);
    };
    const first = (data: Buffer): void => {
      end();
      this.#serve(connection);
      if (connection.isClosing) return;
      this.#guarded(() => this.#onFirstFrame(connection, data.toString("utf8"), { nonce, known }), connection);
    };
    socket.on("message", first).on("close", end);
    challenge(connection, nonce);
  }

  #serve(connection: Connection): void {
    const { socket } = connection;
    socket.on("message", (data: Buffer) => {
      if (connection.grant === undefined || connection.isClosing) return;
      this.#onRequest(connection, data.toString("utf8"));
    });
    socket.on("pong", () => {
      connection.awaitsPong = false;
    });
  }

  /** Whatever goes wrong for one client ends that client's connection and nothing else. */
  #guarded(work: () => void, connection?: Connection): void {
    try {
      work();
    } catch (error) {
      this.#options.logger.error(`inside the Gateway: ${reasonOf(error)}`);
      connection?.close(1011, "internal error");
    }
  }

  #onFirstFrame(connection: Connection, text: string, visit: { nonce: string; known: () => void }): void {
    const request = connectRequest(connection, text);
    if (request === undefined) return;
    const { id, params } = request;
    const { store } = this.#options;
    const { peer } = connection;
    const now = Date.now();
    const verdict = this.#decide(id, () =>
      store.transaction(() => decide(params, { peer, nonce: visit.nonce, now }, this.#keeper)),
    );
    if ("failure" in verdict) {
      connection.send(verdict.failure);
      return connection.close(1013, "try again later");
    }
    const { events, presence } = this.#context;
    const facts = auditFacts(params, peer);
    if (!verdict.ok) {
      this.#options.audit.warn("refused", { ...facts, code: codeOf(verdict.error), why: verdict.error.message });
      const pending = verdict.pending === undefined ? undefined : store.pairing.get(verdict.pending);
      if (pending !== undefined) events.pairingRequested(pending);
      connection.send(errorFrame(id, verdict.error));
      return connection.close(verdict.closeCode, verdict.closeReason);
    }
    visit.known();
    this.#strangers.delete(connection);
    raiseMaxPayload(connection.socket, this.#options.limits.maxPayload);
    connection.admit(verdict.grant);
    this.#options.audit.info("let in", { ...facts, by: verdict.method, scopes: verdict.grant.scopes.join("+") });
    if (verdict.approved !== undefined) {
      const { deviceId } = verdict.approved;
      events.pairingResolved({ requestId: randomUUID(), deviceId, decision: "approved" });
    }
    presence.connect(connection, now);
    const parts = {
      context: this.#context,
      methods: METHOD_NAMES,
      limits: this.#options.limits,
      authMode: this.#keeper.policy.auth.mode,
    };
    connection.send(okFrame(id, helloOk(connection, verdict, parts)));
    this.#broadcaster.add(connection);
    welcomeNode(connection, this.#context, now);
    events.presenceChanged();
  }

  /** A disk that takes nothing is no reason to let somebody in who would be forgotten, nor to end for everybody. */
  #decide(id: string, decision: () => Verdict): Verdict | { readonly failure: string } {
    try {
      return decision();
    } catch (error) {
      this.#options.logger.error(`connect failed: ${reasonOf(error)}`);
      return { failure: errorFrame(id, failureShape("connect", error)) };
    }
  }

  #onRequest(connection: Connection, text: string): void {
    const incoming = readFrame(text);
    // What is no JSON gets no answer: there is no id to answer to. It hurts nobody.
    if (incoming.kind === "noise") return;
    if (incoming.kind === "request") return this.#router.handle(connection, incoming.frame);
    connection.send(
      errorFrame(incoming.id, { code: "INVALID_REQUEST", message: `invalid request frame: ${incoming.problem}` }),
    );
  }

  #onClose(connection: Connection): void {
    this.#strangers.delete(connection);
    if (connection.grant === undefined) return;
    this.#broadcaster.remove(connection);
    dismissNode(connection, this.#context);
    this.#context.presence.disconnect(connection, Date.now());
    this.#context.events.presenceChanged();
  }

  #pingAll(): void {
    for (const connection of this.#broadcaster) {
      if (connection.awaitsPong) connection.socket.terminate();
      else if (connection.socket.readyState === connection.socket.OPEN) {
        connection.awaitsPong = true;
        connection.socket.ping();
      }
    }
  }

  /** Lets running answers end, says goodbye to everyone, and resolves when they are gone. The store stays open. */
  async stop(reason: string): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#loop.dispose();
    await this.#context.runs.stop(this.#options.limits.drainMs);
    this.#context.events.dispose();
    this.#context.events.shutdown(reason);
    const gone = [...this.#strangers, ...this.#broadcaster].map(
      (connection) =>
        new Promise<void>((resolve) => {
          if (connection.socket.readyState === connection.socket.CLOSED) resolve();
          else connection.socket.once("close", () => resolve());
          connection.close(1012, "service restart");
        }),
    );
    await Promise.all(gone);
  }
}
