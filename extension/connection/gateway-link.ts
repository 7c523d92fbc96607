import type { ConnectionState } from "../../protocol/client/connection-state.ts";
import { initialState } from "../../protocol/client/connection-state.ts";
import type { GatewayEvent, GatewaySession } from "../../protocol/client/gateway-session.ts";
import type { RequestOptions } from "../../protocol/client/request-error.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { Failure } from "../../protocol/errors/failure.ts";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import { Emitter } from "../../protocol/util/emitter.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import type { PendingApproval } from "../onboarding/await-approval.ts";
import type { HostRoad } from "../onboarding/host-onboarding.ts";
import { GatewayLine } from "./gateway-line.ts";
import { type GatewayProfile, type GatewayTarget, profileSetting, targetKey } from "./profile.ts";
import type { OpenRoad, WayView } from "./roads/road.ts";

/** Gateways that a window is connected to at once. */
const MOST_LINES = 8;

/** What the window knows about a Gateway. */
export interface LinkView {
  readonly profile: GatewayProfile | undefined;
  /** Which of its targets the connection goes to, or the climb that failed went to. */
  readonly target: GatewayTarget | undefined;
  /** `ssh alice@home → 127.0.0.1:18789`; never a secret. */
  readonly path: string | undefined;
  /** All its ways, when it has several. */
  readonly ways: readonly WayView[];
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

/** A message of one of the Gateways, in front or in the background. */
export interface LineEvent {
  /** Its target key. */
  readonly gateway: string;
  readonly event: GatewayEvent;
}

/**
 * The window's connections. One is in front: it is what `view` shows and what views and commands act on. Those that were
 * reached before stay connected behind it, each with its own loop, so that going back is instant; closing the one in front
 * brings back the one before it.
 */
export class GatewayLink implements Disposable {
  readonly #openRoad: OpenRoad;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #emitters: Disposable[] = [];
  readonly #changed = this.#emitter<LinkView>();
  readonly #events = this.#emitter<GatewayEvent>();
  readonly #sessions = this.#emitter<GatewaySession>();
  readonly #gaps = this.#emitter<void>();
  readonly #lineChanged = this.#emitter<string>();
  readonly #lineEvents = this.#emitter<LineEvent>();
  readonly #lineReady = this.#emitter<string>();
  /** In the order of their last use, the one in front last. */
  readonly #lines = new Map<string, { readonly line: GatewayLine; readonly scope: DisposableStore }>();
  /** The one in front, also after it was closed, so that it can be named. */
  #front: Pick<LinkView, "profile" | "path"> & { readonly key: string | undefined } = NOTHING;

  constructor(options: { readonly openRoad: OpenRoad; readonly logger: Logger; readonly now?: () => number }) {
    this.#openRoad = options.openRoad;
    this.#logger = options.logger;
    this.#now = options.now ?? Date.now;
  }

  readonly onChange = (listener: (view: LinkView) => void): Disposable => this.#changed.event(listener);
  readonly onEvent = (listener: (event: GatewayEvent) => void): Disposable => this.#events.event(listener);
  /** After every hello of the Gateway in front, and when a connected one comes to the front: subscribe and read again. */
  readonly onSession = (listener: (session: GatewaySession) => void): Disposable => this.#sessions.event(listener);
  /** Events were lost on a session that goes on. */
  readonly onGap = (listener: () => void): Disposable => this.#gaps.event(listener);
  /** Any Gateway changed its state, or is gone; by target key. */
  readonly onLineChange = (listener: (gateway: string) => void): Disposable => this.#lineChanged.event(listener);
  readonly onLineEvent = (listener: (event: LineEvent) => void): Disposable => this.#lineEvents.event(listener);
  /** Any Gateway has a new session, or lost events on the one it has; by target key. */
  readonly onLineReady = (listener: (gateway: string) => void): Disposable => this.#lineReady.event(listener);

  get view(): LinkView {
    const line = this.#current;
    if (line !== undefined) return line.view;
    const { profile, path } = this.#front;
    return {
      profile,
      target: profile?.target,
      path,
      ways: [],
      state: initialState,
      connectedAt: undefined,
      latency: [],
      health: undefined,
      approval: undefined,
    };
  }

  /** The Gateways behind the one in front, the last used one first. */
  get others(): readonly LinkView[] {
    return [...this.#lines.values()]
      .filter(({ line }) => line.key !== this.#front.key)
      .map(({ line }) => line.view)
      .reverse();
  }

  /** What is known of one Gateway, by target key; `undefined` when it is not connected to. */
  viewOf(gateway: string): LinkView | undefined {
    return this.#lines.get(gateway)?.line.view;
  }

  /** The host of the present Gateway, when it is reached over SSH. */
  get host(): HostRoad | undefined {
    return this.#current?.host;
  }

  /**
   * Brings this Gateway to the front. One that is connected already is there at once; else it is connected to.
   * @param options.interactive a person asked: prompts are allowed, and a first failure ends it. Otherwise it goes on
   * trying in the background, as after a lost link.
   */
  async connect(profile: GatewayProfile, options: { readonly interactive: boolean }): Promise<ConnectOutcome> {
    const key = targetKey(profile.target);
    const known = this.#lines.get(key)?.line;
    if (known?.session !== undefined && isSamePlace(known.profile, profile)) {
      this.#bringForward(known);
      return { type: "connected" };
    }
    this.#end(key);
    const line = this.#open(profile);
    const started = line.start(options);
    this.#bringForward(line);
    const outcome = await started;
    // Who cancels a question of the new one is back at the one before.
    if (outcome.type === "cancelled" && this.#lines.get(key)?.line === line) this.disconnect(key);
    return outcome;
  }

  /** Connects behind the one in front, without a question; goes on trying. For what was connected before a reload. */
  keep(profile: GatewayProfile): void {
    if (this.#lines.has(targetKey(profile.target)) || this.#lines.size >= MOST_LINES) return;
    void this.#open(profile).start({ interactive: false });
  }

  /** Tries again now, with prompts; a climb that is on its way is waited for. */
  async retry(): Promise<ConnectOutcome> {
    return this.#current?.retry() ?? { type: "cancelled" };
  }

  /** The computer woke up, the network is back, or the person is. */
  wake(): void {
    for (const { line } of this.#lines.values()) line.wake();
  }

  /** Leaves one Gateway, by target key; without one, the one in front. */
  disconnect(gateway = this.#front.key): void {
    if (gateway === undefined || !this.#end(gateway)) return;
    if (gateway !== this.#front.key) return;
    const before = [...this.#lines.values()].at(-1)?.line;
    if (before === undefined) this.#changed.fire(this.view);
    else this.#bringForward(before);
  }

  disconnectAll(): void {
    for (const key of this.#lines.keys()) if (key !== this.#front.key) this.disconnect(key);
    this.disconnect();
  }

  /** Rejects with `ConnectError` `LINK_LOST` when not connected, else as `GatewaySession.request` does. */
  readonly request = async <T = unknown>(method: string, params?: unknown, options?: RequestOptions): Promise<T> =>
    this.requestOf<T>(this.#front.key ?? "", { method, params, options });

  /** As `request`, to one Gateway whether it is in front or not. */
  async requestOf<T = unknown>(
    gateway: string,
    {
      method,
      params,
      options,
    }: { readonly method: string; readonly params?: unknown; readonly options?: RequestOptions | undefined },
  ): Promise<T> {
    const line = this.#lines.get(gateway)?.line;
    if (line === undefined) throw new ConnectError("LINK_LOST", `Not connected: ${method} was not sent.`);
    return line.request<T>(method, params, options);
  }

  dispose(): void {
    this.disconnectAll();
    for (const emitter of this.#emitters) emitter.dispose();
  }

  get #current(): GatewayLine | undefined {
    return this.#front.key === undefined ? undefined : this.#lines.get(this.#front.key)?.line;
  }

  #emitter<T>(): Emitter<T> {
    const emitter = new Emitter<T>((error) => this.#logger.error(`A listener failed: ${String(error)}`));
    this.#emitters.push(emitter);
    return emitter;
  }

  #open(profile: GatewayProfile): GatewayLine {
    const scope = new DisposableStore();
    const line = scope.add(
      new GatewayLine({ profile, openRoad: this.#openRoad, logger: this.#logger, now: this.#now }),
    );
    const { key } = line;
    const inFront = (): boolean => this.#current === line;
    this.#lines.set(key, { line, scope });
    scope.add(
      line.onEvent((event) => {
        this.#lineEvents.fire({ gateway: key, event });
        if (inFront()) this.#events.fire(event);
      }),
    );
    scope.add(
      line.onSession((session) => {
        this.#lineReady.fire(key);
        if (inFront()) this.#sessions.fire(session);
      }),
    );
    scope.add(
      line.onGap(() => {
        this.#lineReady.fire(key);
        if (inFront()) this.#gaps.fire();
      }),
    );
    scope.add(
      line.onChange(() => {
        this.#lineChanged.fire(key);
        if (inFront()) this.#changed.fire(this.view);
      }),
    );
    return line;
  }

  /** An attempt that was never answered does not go on behind another one. */
  #bringForward(line: GatewayLine): void {
    const { key, profile } = line;
    const before = this.#current;
    const entry = this.#lines.get(key);
    if (entry === undefined) return;
    // The order of the map is the order of use.
    this.#lines.delete(key);
    this.#lines.set(key, entry);
    this.#front = { key, profile, path: line.view.path };
    if (before !== undefined && before !== line && !before.isLasting) this.#end(before.key);
    const oldest = this.#lines.keys().next().value;
    if (this.#lines.size > MOST_LINES && oldest !== undefined) this.#end(oldest);
    this.#changed.fire(this.view);
    if (line.session !== undefined) this.#sessions.fire(line.session);
  }

  /** @returns whether there was one */
  #end(key: string): boolean {
    const entry = this.#lines.get(key);
    if (entry === undefined) return false;
    if (key === this.#front.key) this.#front = { ...this.#front, path: entry.line.view.path };
    this.#lines.delete(key);
    entry.line.dispose();
    entry.scope.dispose();
    this.#lineChanged.fire(key);
    return true;
  }
}

const NOTHING = { key: undefined, profile: undefined, path: undefined };

/** Everything but the name is the same: another pin or port is another connection. */
const isSamePlace = (one: GatewayProfile, other: GatewayProfile): boolean =>
  JSON.stringify(profileSetting(one)) === JSON.stringify(profileSetting({ ...other, name: one.name }));
