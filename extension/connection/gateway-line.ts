import type { ConnectionState } from "../../protocol/client/connection-state.ts";
import { GatewayConnection } from "../../protocol/client/gateway-connection.ts";
import type { GatewayEvent, GatewaySession } from "../../protocol/client/gateway-session.ts";
import type { RequestOptions } from "../../protocol/client/request-error.ts";
import type { Ladder } from "../../protocol/ladder/steps.ts";
import { type Disposable, DisposableStore, toDisposable } from "../../protocol/util/disposable.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { PendingApproval } from "../onboarding/await-approval.ts";
import type { HostRoad } from "../onboarding/host-onboarding.ts";
import type { ConnectOutcome, LinkView } from "./gateway-link.ts";
import { LatencyHistory } from "./latency-history.ts";
import { type GatewayProfile, targetKey } from "./profile.ts";
import type { OpenRoad, Road, Traveller } from "./roads/road.ts";

/** The connection to one Gateway with everything that is known of it: one owner, one reconnect loop. It starts once. */
export class GatewayLine implements Disposable, Traveller {
  readonly profile: GatewayProfile;
  readonly key: string;
  readonly #now: () => number;
  readonly #road: Road;
  readonly #connection: GatewayConnection;
  readonly #scope = new DisposableStore();
  readonly #changed: Emitter<void>;
  readonly #latency = new LatencyHistory();
  #session: GatewaySession | undefined;
  #isLasting = false;
  #connectedAt: number | undefined;
  #approval: PendingApproval | undefined;

  /** @throws ConnectError when the target cannot be read */
  constructor(options: {
    readonly profile: GatewayProfile;
    readonly openRoad: OpenRoad;
    readonly logger: Logger;
    readonly now: () => number;
  }) {
    const { profile, logger } = options;
    this.profile = profile;
    this.key = targetKey(profile.target);
    this.#now = options.now;
    this.#changed = this.#scope.add(new Emitter((error) => logger.error(`A listener failed: ${String(error)}`)));
    const road = this.#scope.add(options.openRoad(profile, this));
    this.#road = road;
    this.#connection = this.#scope.add(
      new GatewayConnection({
        connect: (context) => road.climb(context),
        probe: road.probe,
        logger,
        now: this.#now,
      }),
    );
    this.#scope.add(this.#connection.onSession((session) => (this.#session = session)));
    this.#scope.add(this.#connection.onState((state) => this.#onState(state)));
  }

  readonly onChange = (listener: () => void): Disposable => this.#changed.event(listener);
  readonly onEvent = (listener: (event: GatewayEvent) => void): Disposable => this.#connection.onEvent(listener);
  readonly onSession = (listener: (session: GatewaySession) => void): Disposable =>
    this.#connection.onSession(listener);
  readonly onGap = (listener: () => void): Disposable => this.#connection.onGap(listener);

  get view(): LinkView {
    return {
      profile: this.profile,
      target: this.#road.target,
      path: this.#road.path,
      ways: this.#road.ways ?? [],
      state: this.#connection.state,
      connectedAt: this.#connectedAt,
      latency: this.#latency.samples,
      health: this.#connection.lastHealth,
      approval: this.#approval,
    };
  }

  get host(): HostRoad | undefined {
    return this.#road.host;
  }

  /** The session that is open now. */
  get session(): GatewaySession | undefined {
    return this.#session;
  }

  /** It was reached once, or is to be reached without a person: it goes on when another Gateway comes to the front. */
  get isLasting(): boolean {
    return this.#isLasting;
  }

  showApproval(approval: PendingApproval): Disposable {
    this.#approval = approval;
    this.#changed.fire();
    return toDisposable(() => {
      if (this.#approval !== approval) return;
      this.#approval = undefined;
      this.#changed.fire();
    });
  }

  /** Starts the first climb. */
  start(options: { readonly interactive: boolean }): Promise<ConnectOutcome> {
    if (!options.interactive) this.#isLasting = true;
    const outcome = firstOutcome(this.#connection);
    this.#connection.start(options);
    return outcome;
  }

  /** Tries again now, with prompts; a climb that is on its way is waited for. */
  async retry(): Promise<ConnectOutcome> {
    if (this.#connection.state.phase === "connected") return { type: "connected" };
    const outcome = firstOutcome(this.#connection);
    this.#connection.retryNow({ interactive: true });
    return outcome;
  }

  replaceSession(session: GatewaySession, ladder: Ladder): boolean {
    return this.#connection.replace(session, ladder);
  }

  waysChanged(): void {
    this.#changed.fire();
  }

  wake(): void {
    this.#connection.wake();
    this.#road.wake?.();
    this.#approval?.look();
  }

  /** Rejects as `GatewaySession.request` does, or with `LINK_LOST`. */
  request<T = unknown>(method: string, params?: unknown, options?: RequestOptions): Promise<T> {
    return this.#connection.request<T>(method, params, options);
  }

  /** Ends it for good; who waits for a climb hears that it was cancelled. */
  dispose(): void {
    this.#connection.stop();
    this.#approval = undefined;
    this.#scope.dispose();
  }

  #onState(state: ConnectionState): void {
    if (state.phase === "connected") {
      this.#isLasting = true;
      this.#connectedAt ??= this.#now();
      if (state.roundTripMs !== undefined && state.roundTripMs !== this.#latency.last)
        this.#latency.add(state.roundTripMs);
    } else {
      this.#connectedAt = undefined;
      this.#session = undefined;
    }
    this.#changed.fire();
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
