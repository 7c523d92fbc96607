import { type ErrorCode, ERRORS } from "../errors/catalogue.ts";
import { CancelledError, ConnectError } from "../errors/connect-error.ts";
import { toFailure } from "../errors/failure.ts";
import { rungLog } from "../ladder/rung-log.ts";
import { type Ladder, type LadderEvent, LadderReporter, type LadderRung, type LadderStep } from "../ladder/steps.ts";
import { type Disposable, DisposableStore } from "../util/disposable.ts";
import { Emitter } from "../util/emitter.ts";
import type { Logger } from "../util/logger.ts";
import { type Backoff, backoffDelayMs, DEFAULT_BACKOFF } from "./backoff.ts";
import { type ConnectionAction, type ConnectionState, initialState, reduceConnection } from "./connection-state.ts";
import type { GatewayEvent, GatewaySession } from "./gateway-session.ts";
import { LastAnswers } from "./last-answers.ts";
import { watchLiveness } from "./liveness.ts";
import type { RequestOptions } from "./request-error.ts";
import { type Probe, watchReturn } from "./return-watch.ts";
import type { OpenContext } from "./transport.ts";
import { watchWake } from "./wake-watch.ts";

/** A connection that held this long, milliseconds, starts its next backoff from the beginning. */
const STABLE_MS = 2_000;
/** An end that lets us in and loses us again is tried every 4 s at the most; it is there, after all. */
const MAX_FLAPS = 2;
/** About an hour of trying every 30 s; then a person decides. */
const MAX_ATTEMPTS = 120;
/** After a sleep or a change of network, a link that does not answer by then is given up. Milliseconds. */
const PROOF_TIMEOUT_MS = 1_500;
/** While a person may still be waiting the way is looked at often, later so that a night without it costs little. */
const OFTEN_ATTEMPTS = 15;
const LOOK_OFTEN_MS = 1_000;
const LOOK_SELDOM_MS = 5_000;
/** The other end itself was not there. A name that was not found says nothing about that. */
const AWAY: ReadonlySet<ErrorCode> = new Set(["TCP_REFUSED", "TCP_TIMEOUT", "TCP_UNREACHABLE", "GATEWAY_NOT_RUNNING"]);

export interface ConnectionOptions {
  /** One climb of the ladder, up to a session whose health was read. Rejects with `ConnectError` or `CancelledError`. */
  readonly connect: (context: OpenContext) => Promise<GatewaySession>;
  /** Looks whether the other end is there, so that a wait ends as soon as it is. Without it only the backoff counts. */
  readonly probe?: Probe | undefined;
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
  #interactive = false;
  /** When the newest attempt began, or the session that it became ended; milliseconds. */
  #beganAt = 0;
  #wakeWatch: Disposable | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #returnWatch: Disposable | undefined;
  #sessionScope: DisposableStore | undefined;
  readonly #lastAnswers = new LastAnswers();
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

  /**
   * The network changed or a person came back: a waiting connection tries now, a connected one proves that it lives, or
   * is replaced at once. A sleep of the computer is noticed without being told.
   */
  wake(): void {
    if (this.#state.phase === "waiting") this.#restart({ interactive: false });
    const session = this.#session;
    session?.ping(PROOF_TIMEOUT_MS).catch(() => {
      if (session !== this.#session) return;
      this.#options.logger.warn("The link did not survive: connecting again.");
      this.#restart({ interactive: false });
    });
  }

  /**
   * Goes on with another session of the same Gateway, which is open already: nobody sees it being away. What was asked on
   * the old one is still answered there for a while.
   * @param ladder of the climb that opened it
   * @returns false, with the new one closed, when there was no session to replace
   */
  replace(session: GatewaySession, ladder: Ladder): boolean {
    const before = this.#session;
    if (before === undefined) {
      session.close();
      return false;
    }
    // Else it would be closed with its attempt.
    this.#session = undefined;
    this.#endAttempt();
    this.#lastAnswers.waitFor(before);
    this.#adopt(this.#state.generation + 1, session, ladder);
    return true;
  }

  /** Ends everything and stays ended until `start`. */
  stop(): void {
    this.#endAttempt();
    this.#lastAnswers.dispose();
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

  #onSlept(): void {
    // What a climb has opened may be gone; one that asks a person is left to them.
    if (this.#state.phase === "connecting" && !this.#interactive) this.#restart({ interactive: false });
    else this.wake();
  }

  #restart(options: { interactive: boolean }): void {
    this.#attempt = 0;
    this.#climb(options);
  }

  #climb({ interactive }: { interactive: boolean }): void {
    this.#endAttempt();
    this.#interactive = interactive;
    this.#beganAt = this.#now();
    this.#wakeWatch ??= watchWake(() => this.#onSlept(), this.#now);
    const generation = this.#state.generation + 1;
    const abort = new AbortController();
    this.#abort = abort;
    this.#dispatch({ type: "start", generation, attempt: this.#attempt });
    const ladder = new LadderReporter((event) => this.#onLadder(generation, event));
    this.#options.connect({ signal: abort.signal, ladder, interactive }).then(
      (session) => (generation === this.#state.generation ? this.#adopt(generation, session) : session.close()),
      (error: unknown) => this.#onFailed(generation, { error, ladder }),
    );
  }

  #adopt(generation: number, session: GatewaySession, ladder?: Ladder): void {
    const scope = new DisposableStore();
    this.#sessionScope = scope;
    this.#session = session;
    this.#wasConnected = true;
    this.#lastHealth = session.hello.health;
    const connectedAt = this.#now();
    const lost = (error: ConnectError) => {
      if (session !== this.#session) return;
      const now = this.#now();
      this.#attempt = now - connectedAt < STABLE_MS ? Math.min(this.#attempt, MAX_FLAPS) : 0;
      this.#beganAt = now;
      this.#onFailed(generation, { error });
    };
    scope.add(session.onEvent((event) => this.#events.fire(event)));
    scope.add(session.onGap(() => this.#gap.fire()));
    void session.closed.then(lost);
    this.#dispatch({
      type: "connected",
      generation,
      server: session.hello,
      ...(ladder === undefined ? {} : { ladder }),
    });
    this.#sessionOpened.fire(session);
    if (!scope.isDisposed) scope.add(this.#watch(generation, session, lost));
  }

  #watch(generation: number, session: GatewaySession, lost: (error: ConnectError) => void): Disposable {
    return watchLiveness(session, {
      roundTrip: (roundTripMs) => this.#dispatch({ type: "measured", generation, roundTripMs }),
      health: (payload) => {
        this.#dispatch({ type: "polled", generation, ok: payload !== undefined });
        if (payload === undefined) return;
        this.#lastHealth = payload;
        this.#health.fire(payload);
      },
      dead: () => lost(new ConnectError("LINK_LOST", "The link went silent: a ping got no answer.")),
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
    const wished = error instanceof ConnectError ? (error.retryAfterMs ?? 0) : 0;
    const waitMs = Math.max(this.#backoffMs(), Math.min(wished, 5 * 60_000));
    this.#dispatch({ type: "wait", generation, failure, attempt: this.#attempt, retryAt: this.#now() + waitMs });
    this.#retryTimer = setTimeout(() => this.#climb({ interactive: false }), waitMs);
    if (policy === "retry" && wished === 0) this.#watchReturn(failure.code);
  }

  /** The backoff paces the beginnings of attempts: one that hung for long has already waited. */
  #backoffMs(): number {
    const { backoff = DEFAULT_BACKOFF, random = Math.random } = this.#options;
    const spread = random();
    const least = backoffDelayMs(backoff, 1, spread);
    return Math.max(least, backoffDelayMs(backoff, this.#attempt, spread) - (this.#now() - this.#beganAt));
  }

  #watchReturn(code: ErrorCode): void {
    const { probe } = this.#options;
    if (probe === undefined) return;
    this.#returnWatch = watchReturn({
      probe,
      everyMs: this.#attempt <= OFTEN_ATTEMPTS ? LOOK_OFTEN_MS : LOOK_SELDOM_MS,
      wasAway: AWAY.has(code),
      onReturn: () => this.#restart({ interactive: false }),
    });
  }

  #onLadder(generation: number, event: LadderEvent): void {
    const before = this.#rung(event.step);
    this.#dispatch({ type: "ladder", generation, event });
    const rung = this.#rung(event.step);
    if (rung === undefined || event.type === "started" || before?.status === rung.status) return;
    this.#options.logger.info(`connect ${generation}, ${rungLog(rung)}`);
  }

  #rung(step: LadderStep): LadderRung | undefined {
    return this.#state.phase === "disconnected" ? undefined : this.#state.ladder.find((rung) => rung.step === step);
  }

  #endAttempt(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#returnWatch?.dispose();
    this.#returnWatch = undefined;
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
    if (next.phase === "disconnected" || next.phase === "failed") {
      this.#wakeWatch?.dispose();
      this.#wakeWatch = undefined;
    }
    this.#stateChanged.fire(next);
  }
}
