import { ERRORS } from "../errors/catalogue.ts";
import { CancelledError, ConnectError } from "../errors/connect-error.ts";
import { toFailure } from "../errors/failure.ts";
import { LADDER_STEPS, type LadderEvent, LadderReporter, type LadderRung, type LadderStep } from "../ladder/steps.ts";
import { type Disposable, DisposableStore } from "../util/disposable.ts";
import { Emitter } from "../util/emitter.ts";
import type { Logger } from "../util/logger.ts";
import { type Backoff, backoffDelayMs, DEFAULT_BACKOFF } from "./backoff.ts";
import { type ConnectionAction, type ConnectionState, initialState, reduceConnection } from "./connection-state.ts";
import type { GatewayEvent, GatewaySession } from "./gateway-session.ts";
import { watchLiveness } from "./liveness.ts";
import type { RequestOptions } from "./request-error.ts";
import type { OpenContext } from "./transport.ts";

/** A connection that held this long, milliseconds, starts its next backoff from the beginning. */
const STABLE_MS = 10_000;
/** About an hour of trying every 30 s; then a person decides. */
const MAX_ATTEMPTS = 120;

export interface ConnectionOptions {
  /** One climb of the ladder, up to a session whose health was read. Rejects with `ConnectError` or `CancelledError`. */
  readonly connect: (context: OpenContext) => Promise<GatewaySession>;
  readonly logger: Logger;
  readonly backoff?: Backoff;
  readonly now?: () => number;
  readonly random?: () => number;
}

/**
 * The one owner of a connection to one Gateway: one climb or one session at a time, one reconnect loop. Every attempt
 * has a generation; whatever an older generation still says is dropped.
 */
export class GatewayConnection implements Disposable {
  readonly #options: ConnectionOptions;
  readonly #now: () => number;
  readonly #stateChanged: Emitter<ConnectionState>;
  readonly #events: Emitter<GatewayEvent>;
  readonly #sessionOpened: Emitter<GatewaySession>;
  readonly #gap: Emitter<void>;
  readonly #health: Emitter<unknown>;
  #state: ConnectionState = initialState;
  #session: GatewaySession | undefined;
  #attempt = 0;
  /** Since `start`: a connection that was there once is worth retrying, a first one that fails is an answer. */
  #wasConnected = false;
  #abort: AbortController | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #sessionScope: DisposableStore | undefined;
  #lastHealth: unknown;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const listenerFailed = (error: unknown) => options.logger.error(`A listener failed: ${String(error)}`);
    this.#stateChanged = new Emitter(listenerFailed);
    this.#events = new Emitter(listenerFailed);
    this.#sessionOpened = new Emitter(listenerFailed);
    this.#gap = new Emitter(listenerFailed);
    this.#health = new Emitter(listenerFailed);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The session while connected. It changes with every reconnect: do not keep it. */
  get session(): GatewaySession | undefined {
    return this.#session;
  }

  /** The newest health payload of this connection, from the hello or a poll. */
  get lastHealth(): unknown {
    return this.#lastHealth;
  }

  onState = (listener: (state: ConnectionState) => void): Disposable => this.#stateChanged.event(listener);
  onEvent = (listener: (event: GatewayEvent) => void): Disposable => this.#events.event(listener);
  /** After every hello, before any event of that session: the moment to subscribe and to read again. */
  onSession = (listener: (session: GatewaySession) => void): Disposable => this.#sessionOpened.event(listener);
  /** Events were lost on a session that goes on. */
  onGap = (listener: () => void): Disposable => this.#gap.event(listener);
  onHealth = (listener: (payload: unknown) => void): Disposable => this.#health.event(listener);

  /**
   * Starts to connect unless it already does. With a person there, prompts are allowed and a first failure is final;
   * without one (a window that restores its connection) it keeps trying.
   */
  start(options: { interactive: boolean } = { interactive: true }): void {
    if (this.#state.phase !== "disconnected" && this.#state.phase !== "failed") return;
    this.#wasConnected = !options.interactive;
    this.#restart(options);
  }

  /** Tries again at once, whatever it was waiting for. */
  retryNow(options: { interactive: boolean } = { interactive: true }): void {
    if (this.#state.phase === "connected" || this.#state.phase === "connecting") return;
    this.#restart(options);
  }

  /** The network or the computer came back: a waiting connection tries now, a connected one proves that it lives. */
  wake(): void {
    if (this.#state.phase === "waiting") this.#restart({ interactive: false });
    else void this.#session?.ping(2_000).catch(() => this.#session?.close());
  }

  /** Ends everything and stays ended until `start`. */
  stop(): void {
    this.#endAttempt();
    this.#dispatch({ type: "stop", generation: this.#state.generation + 1 });
  }

  /** Rejects with `LINK_LOST` when not connected, else as `GatewaySession.request` does. */
  request = async <T = unknown>(method: string, params?: unknown, options?: RequestOptions): Promise<T> => {
    if (this.#session === undefined) throw new ConnectError("LINK_LOST", `Not connected: ${method} was not sent.`);
    return this.#session.request<T>(method, params, options);
  };

  dispose(): void {
    this.stop();
    for (const emitter of [this.#stateChanged, this.#events, this.#sessionOpened, this.#gap, this.#health])
      emitter.dispose();
  }

  #restart(options: { interactive: boolean }): void {
    this.#attempt = 0;
    this.#climb(options);
  }

  #climb({ interactive }: { interactive: boolean }): void {
    this.#endAttempt();
    const generation = this.#state.generation + 1;
    const abort = new AbortController();
    this.#abort = abort;
    this.#dispatch({ type: "start", generation, attempt: this.#attempt });
    const ladder = new LadderReporter((event) => this.#onLadder(generation, event));
    this.#options.connect({ signal: abort.signal, ladder, interactive }).then(
      (session) => this.#adopt(generation, session),
      (error: unknown) => this.#onFailed(generation, { error, ladder }),
    );
  }

  #adopt(generation: number, session: GatewaySession): void {
    if (generation !== this.#state.generation) {
      session.close();
      return;
    }
    const scope = new DisposableStore();
    this.#sessionScope = scope;
    this.#session = session;
    this.#wasConnected = true;
    this.#lastHealth = session.hello.health;
    const connectedAt = this.#now();
    scope.add(session.onEvent((event) => this.#events.fire(event)));
    scope.add(session.onGap(() => this.#gap.fire()));
    void session.closed.then((error) => {
      if (generation !== this.#state.generation) return;
      if (this.#now() - connectedAt >= STABLE_MS) this.#attempt = 0;
      this.#onFailed(generation, { error });
    });
    this.#dispatch({ type: "connected", generation, server: session.hello });
    this.#sessionOpened.fire(session);
    if (!scope.isDisposed) scope.add(this.#watch(generation, session));
  }

  #watch(generation: number, session: GatewaySession): Disposable {
    return watchLiveness(session, {
      roundTrip: (roundTripMs) => this.#dispatch({ type: "measured", generation, roundTripMs }),
      health: (payload) => {
        this.#dispatch({ type: "polled", generation, ok: payload !== undefined });
        if (payload === undefined) return;
        this.#lastHealth = payload;
        this.#health.fire(payload);
      },
      dead: () => {
        session.close();
        const sentence = "The link went silent: a ping got no answer.";
        this.#onFailed(generation, { error: new ConnectError("LINK_LOST", sentence) });
      },
    });
  }

  #onFailed(generation: number, { error, ladder }: { error: unknown; ladder?: LadderReporter }): void {
    if (generation !== this.#state.generation) return;
    this.#endAttempt();
    if (error instanceof CancelledError) {
      this.#dispatch({ type: "stop", generation: generation + 1 });
      return;
    }
    const failure = toFailure(error, ladder?.current);
    ladder?.fail(failure.step);
    this.#options.logger.warn(`${failure.code} at ${failure.step}: ${failure.message}`);
    const { policy } = ERRORS[failure.code];
    this.#attempt += 1;
    if (policy === "stop" || (policy === "retry" && !this.#wasConnected) || this.#attempt > MAX_ATTEMPTS) {
      this.#dispatch({ type: "fail", generation, failure });
      return;
    }
    const random = this.#options.random ?? Math.random;
    const delay = backoffDelayMs(this.#options.backoff ?? DEFAULT_BACKOFF, this.#attempt, random());
    const wished = error instanceof ConnectError ? (error.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(delay, Math.min(wished, 5 * 60_000));
    this.#dispatch({ type: "wait", generation, failure, attempt: this.#attempt, retryAt: this.#now() + waitMs });
    this.#retryTimer = setTimeout(() => this.#climb({ interactive: false }), waitMs);
  }

  #onLadder(generation: number, event: LadderEvent): void {
    const before = this.#rung(event.step);
    this.#dispatch({ type: "ladder", generation, event });
    const rung = this.#rung(event.step);
    if (rung === undefined || event.type === "started" || before?.status === rung.status) return;
    const time = rung.ms === undefined ? "" : ` in ${Math.round(rung.ms)} ms`;
    const evidence = rung.evidence === undefined ? "" : ` (${rung.evidence})`;
    const number = LADDER_STEPS.indexOf(rung.step) + 1;
    this.#options.logger.info(`connect ${generation}, step ${number}: ${rung.step} ${rung.status}${time}${evidence}`);
  }

  #rung(step: LadderStep): LadderRung | undefined {
    return this.#state.phase === "disconnected" ? undefined : this.#state.ladder.find((rung) => rung.step === step);
  }

  #endAttempt(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#sessionScope?.dispose();
    this.#sessionScope = undefined;
    const session = this.#session;
    this.#session = undefined;
    session?.close();
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #dispatch(action: ConnectionAction): void {
    const next = reduceConnection(this.#state, action);
    if (next === this.#state) return;
    this.#state = next;
    this.#stateChanged.fire(next);
  }
}
