import type { ConnectionState } from "../../protocol/client/connection-state.ts";
import { initialState } from "../../protocol/client/connection-state.ts";
import { GatewayConnection } from "../../protocol/client/gateway-connection.ts";
import type { GatewayEvent, GatewaySession } from "../../protocol/client/gateway-session.ts";
import type { RequestOptions } from "../../protocol/client/request-error.ts";
import type { OpenContext } from "../../protocol/client/transport.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { Failure } from "../../protocol/errors/failure.ts";
import { type Disposable, DisposableStore, toDisposable } from "../../protocol/util/disposable.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { ApprovalBoard, PendingApproval } from "../onboarding/await-approval.ts";
import type { HostRoad } from "../onboarding/host-onboarding.ts";
import { LatencyHistory } from "./latency-history.ts";
import type { GatewayProfile } from "./profile.ts";

/** One way to one Gateway: how a person would write it, and one climb of the ladder. */
export interface Road extends Disposable {
  /** May become more exact while it climbs (the Gateway's port is found on the way). */
  readonly path: string;
  /** Looks whether the other end is there, so that a wait ends as soon as it is; see `GatewayTransport.probe`. */
  readonly probe?: ((signal: AbortSignal) => Promise<boolean | undefined>) | undefined;
  /** The host itself, on a road over SSH. */
  readonly host?: HostRoad | undefined;
  climb(context: OpenContext): Promise<GatewaySession>;
}

/** What the window knows about its Gateway. */
export interface LinkView {
  readonly profile: GatewayProfile | undefined;
  /** `ssh alice@home → 127.0.0.1:18789`; never a secret. */
  readonly path: string | undefined;
  readonly state: ConnectionState;
  /** Milliseconds since the epoch; `undefined` unless connected. */
  readonly connectedAt: number | undefined;
  /** Round trips, milliseconds, oldest first. */
  readonly latency: readonly number[];
  /** The newest health payload, untrusted. */
  readonly health: unknown;
  /** While the climb waits until somebody approves this device. */
  readonly approval: PendingApproval | undefined;
}

export type ConnectOutcome =
  | { readonly type: "connected" }
  | { readonly type: "cancelled" }
  | { readonly type: "failed"; readonly failure: Failure };

/**
 * The window's one connection. It owns at most one `GatewayConnection` at a time and is what views and commands look at,
 * whichever Gateway is behind it.
 */
export class GatewayLink implements Disposable, ApprovalBoard {
  readonly #openRoad: (profile: GatewayProfile) => Road;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #changed = new Emitter<LinkView>((error) => this.#logger.error(`A listener failed: ${String(error)}`));
  readonly #events = new Emitter<GatewayEvent>((error) => this.#logger.error(`A listener failed: ${String(error)}`));
  readonly #sessions = new Emitter<GatewaySession>((error) =>
    this.#logger.error(`A listener failed: ${String(error)}`),
  );
  readonly #gaps = new Emitter<void>((error) => this.#logger.error(`A listener failed: ${String(error)}`));
  readonly #latency = new LatencyHistory();
  #scope: DisposableStore | undefined;
  #connection: GatewayConnection | undefined;
  #profile: GatewayProfile | undefined;
  #road: Road | undefined;
  #connectedAt: number | undefined;
  #approval: PendingApproval | undefined;

  constructor(options: {
    readonly openRoad: (profile: GatewayProfile) => Road;
    readonly logger: Logger;
    readonly now?: () => number;
  }) {
    this.#openRoad = options.openRoad;
    this.#logger = options.logger;
    this.#now = options.now ?? Date.now;
  }

  readonly onChange = (listener: (view: LinkView) => void): Disposable => this.#changed.event(listener);
  readonly onEvent = (listener: (event: GatewayEvent) => void): Disposable => this.#events.event(listener);
  /** After every hello, of whichever Gateway: the moment to subscribe and to read again. */
  readonly onSession = (listener: (session: GatewaySession) => void): Disposable => this.#sessions.event(listener);
  /** Events were lost on a session that goes on. */
  readonly onGap = (listener: () => void): Disposable => this.#gaps.event(listener);

  get view(): LinkView {
    return {
      profile: this.#profile,
      path: this.#road?.path,
      state: this.#connection?.state ?? initialState,
      connectedAt: this.#connectedAt,
      latency: this.#latency.samples,
      health: this.#connection?.lastHealth,
      approval: this.#approval,
    };
  }

  /** The host of the present Gateway, when it is reached over SSH. */
  get host(): HostRoad | undefined {
    return this.#road?.host;
  }

  showApproval(approval: PendingApproval): Disposable {
    this.#approval = approval;
    this.#changed.fire(this.view);
    return toDisposable(() => {
      if (this.#approval !== approval) return;
      this.#approval = undefined;
      this.#changed.fire(this.view);
    });
  }

  /**
   * Leaves the Gateway of before and connects to this one.
   * @param options.interactive a person asked: prompts are allowed, and a first failure ends it. Otherwise it goes on
   * trying in the background, as after a lost link.
   */
  async connect(profile: GatewayProfile, options: { readonly interactive: boolean }): Promise<ConnectOutcome> {
    this.disconnect();
    const road = this.#openRoad(profile);
    const scope = new DisposableStore();
    scope.add(road);
    const connection = scope.add(
      new GatewayConnection({
        connect: (context) => road.climb(context),
        probe: road.probe,
        logger: this.#logger,
        now: this.#now,
      }),
    );
    this.#scope = scope;
    this.#connection = connection;
    this.#profile = profile;
    this.#road = road;
    scope.add(connection.onEvent((event) => this.#events.fire(event)));
    scope.add(connection.onSession((session) => this.#sessions.fire(session)));
    scope.add(connection.onGap(() => this.#gaps.fire()));
    scope.add(connection.onState((state) => this.#onState(connection, state)));
    const outcome = firstOutcome(connection);
    connection.start(options);
    return outcome;
  }

  /** Tries again now, with prompts; a climb that is on its way is waited for. */
  async retry(): Promise<ConnectOutcome> {
    const connection = this.#connection;
    if (connection === undefined) return { type: "cancelled" };
    if (connection.state.phase === "connected") return { type: "connected" };
    const outcome = firstOutcome(connection);
    connection.retryNow({ interactive: true });
    return outcome;
  }

  /** The computer woke up, the network is back, or the person is. */
  wake(): void {
    this.#connection?.wake();
    this.#approval?.look();
  }

  disconnect(): void {
    if (this.#connection === undefined) return;
    this.#connection.stop();
    this.#scope?.dispose();
    this.#scope = undefined;
    this.#connection = undefined;
    this.#connectedAt = undefined;
    this.#approval = undefined;
    this.#latency.clear();
    this.#changed.fire(this.view);
  }

  /** Rejects with `ConnectError` `LINK_LOST` when not connected, else as `GatewaySession.request` does. */
  readonly request = async <T = unknown>(method: string, params?: unknown, options?: RequestOptions): Promise<T> => {
    if (this.#connection === undefined) throw new ConnectError("LINK_LOST", `Not connected: ${method} was not sent.`);
    return this.#connection.request<T>(method, params, options);
  };

  dispose(): void {
    this.disconnect();
    for (const emitter of [this.#changed, this.#events, this.#sessions, this.#gaps]) emitter.dispose();
  }

  #onState(connection: GatewayConnection, state: ConnectionState): void {
    if (connection !== this.#connection) return;
    if (state.phase === "connected") {
      this.#connectedAt ??= this.#now();
      if (state.roundTripMs !== undefined && state.roundTripMs !== this.#latency.last)
        this.#latency.add(state.roundTripMs);
    } else {
      this.#connectedAt = undefined;
    }
    this.#changed.fire(this.view);
  }
}

/** How the climb that starts next ends. */
function firstOutcome(connection: GatewayConnection): Promise<ConnectOutcome> {
  return new Promise((resolve) => {
    let climbing = false;
    const listening = connection.onState((state) => {
      if (state.phase === "connecting") climbing = true;
      if (!climbing || state.phase === "connecting") return;
      listening.dispose();
      resolve(outcomeOf(state));
    });
  });
}

function outcomeOf(state: Exclude<ConnectionState, { phase: "connecting" }>): ConnectOutcome {
  switch (state.phase) {
    case "connected":
      return { type: "connected" };
    case "disconnected":
      return { type: "cancelled" };
    case "waiting":
    case "failed":
      return { type: "failed", failure: state.failure };
  }
}
