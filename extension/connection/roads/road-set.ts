import type { GatewaySession } from "../../../protocol/client/gateway-session.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import { type Failure, toFailure } from "../../../protocol/errors/failure.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { Logger } from "../../../protocol/util/logger.ts";
import type { HostRoad } from "../../onboarding/host-onboarding.ts";
import type { GatewayTarget } from "../profile.ts";
import { asksPerson, climbTogether, wantsPerson } from "./climb-together.ts";
import type { Outcome } from "./quiet-climb.ts";
import type { ProofStore } from "./proof-store.ts";
import type { Road, Traveller, WayState, WayView } from "./road.ts";
import { Lookout, type LookoutOptions } from "./lookout.ts";
import { bySafety, canStandIn } from "./safety.ts";

export interface RoadSetOptions {
  /** The road to the target that names the Gateway; it needs no proof. */
  readonly main: Road;
  readonly others: readonly Road[];
  readonly proofs: ProofStore;
  /** Without one it only climbs, and never looks for a safer way. */
  readonly traveller?: Traveller | undefined;
  readonly logger: Logger;
}

/**
 * Several roads that were proven to lead to one Gateway: they are climbed together and the safest that opens is taken. While
 * one is open, the safer ones and those that are not proven yet are looked at from time to time; an open session then moves
 * over to a safer one.
 */
export class RoadSet implements Road {
  readonly #options: RoadSetOptions;
  /** The safest first. */
  readonly #roads: readonly Road[];
  readonly #failures = new Map<Road, Failure>();
  readonly #lookout: Lookout | undefined;
  #active: Road;
  #session: GatewaySession | undefined;

  constructor(options: RoadSetOptions) {
    this.#options = options;
    this.#active = options.main;
    this.#roads = [options.main, ...options.others].sort((one, other) => bySafety(one.target, other.target));
    const { traveller } = options;
    if (traveller !== undefined) this.#lookout = new Lookout(this.#judge(traveller));
  }

  get target(): GatewayTarget {
    return this.#active.target;
  }

  get path(): string {
    return this.#active.path;
  }

  get host(): HostRoad | undefined {
    return this.#active.host;
  }

  get ways(): readonly WayView[] {
    return this.#roads.map((road) => {
      const { target, path } = road;
      return { target, path, state: this.#stateOf(road), failure: this.#failures.get(road) };
    });
  }

  /** Only the roads that were away count: one that refused us is still there. */
  readonly probe = async (signal: AbortSignal): Promise<boolean | undefined> => {
    const away = this.#usable.filter((road) => this.#stateOf(road) === "away");
    const found = await Promise.all(away.map(async (road) => road.probe?.(signal)));
    if (found.includes(true)) return true;
    return found.length === 0 || found.includes(undefined) ? undefined : false;
  };

  async climb(context: OpenContext, instanceId?: string): Promise<GatewaySession> {
    this.#leave();
    if (context.interactive) this.#failures.clear();
    const { road, session } = await this.#open(context, instanceId);
    this.#failures.delete(road);
    this.#take(road, session);
    return session;
  }

  wake(): void {
    this.#lookout?.look();
  }

  dispose(): void {
    this.#leave();
    for (const road of this.#roads) road.dispose();
  }

  async #open(context: OpenContext, instanceId?: string): Promise<{ road: Road; session: GatewaySession }> {
    const usable = this.#worthClimbing(context);
    const climbOn = async (road: Road) => {
      this.#active = road;
      return { road, session: await road.climb(context, instanceId) };
    };
    const [safest, second] = usable;
    if (safest === undefined) throw this.#refusal();
    if (second === undefined) return climbOn(safest);
    // The card and the ladder are of the safest until another one is open.
    this.#active = safest;
    const { climbed, failed } = await climbTogether(usable, context, (late) => this.#noteLate(late));
    this.#note(usable, failed);
    if (climbed !== undefined) return climbed;
    const asks = context.interactive ? forPerson(failed) : undefined;
    if (asks !== undefined) return climbOn(asks.road);
    throw failed[0]?.error instanceof Error ? failed[0].error : new ConnectError("LINK_LOST", "No road was climbed.");
  }

  #take(road: Road, session: GatewaySession): void {
    this.#active = road;
    this.#session = session;
    this.#lookout?.start();
    void session.closed.then(() => {
      if (session === this.#session) this.#leave();
    });
  }

  #leave(): void {
    this.#session = undefined;
    this.#lookout?.stop();
  }

  #note(climbed: readonly Road[], failed: readonly Outcome[]): void {
    for (const road of climbed) this.#failures.delete(road);
    for (const { road, failure } of failed) {
      this.#failures.set(road, failure);
      const { logger } = this.#options;
      const sentence = `The way ${road.path} is not open: ${failure.code}: ${failure.message}`;
      if (wantsPerson(failure)) logger.warn(sentence);
      else logger.info(sentence);
    }
  }

  /** By then it may have been climbed again, and be the one that is taken. */
  #noteLate(late: Outcome): void {
    if (late.road !== this.#active) this.#note([], [late]);
  }

  /** Without a person, one that wants a person is not climbed again: least of all one that led to another Gateway. */
  #worthClimbing({ interactive }: OpenContext): readonly Road[] {
    return interactive ? this.#usable : this.#usable.filter((road) => !this.#isRefused(road));
  }

  /** Why none is left that may be climbed without a person: what the safest had said. */
  #refusal(): ConnectError {
    const [road = this.#options.main] = this.#usable;
    this.#active = road;
    const failure = this.#failures.get(road);
    if (failure === undefined) return new ConnectError("LINK_LOST", "No road was climbed.");
    const { code, message, step, facts } = failure;
    return new ConnectError(code, message, { step, facts });
  }

  #isRefused(road: Road): boolean {
    const failure = this.#failures.get(road);
    return failure !== undefined && wantsPerson(failure);
  }

  get #usable(): readonly Road[] {
    return this.#roads.filter((road) => this.#isUsable(road));
  }

  #isUsable(road: Road): boolean {
    const { main, proofs } = this.#options;
    return road === main || (canStandIn(road.target) && proofs.has(main.target, road.target));
  }

  #stateOf(road: Road): WayState {
    if (road === this.#active) return "active";
    if (this.#isRefused(road)) return "refused";
    if (this.#failures.has(road)) return "away";
    if (this.#isUsable(road)) return "ready";
    return canStandIn(road.target) ? "unproven" : "unsafe";
  }

  #judge(traveller: Traveller): LookoutOptions {
    const { main, proofs } = this.#options;
    return {
      /** Nobody asks a road again that wants a person, nor one that could not stand in. */
      roads: () =>
        this.#roads.filter((road) => {
          if (road === this.#active || this.#isRefused(road)) return false;
          const isSafer = bySafety(road.target, this.#active.target) < 0;
          return this.#isUsable(road) ? isSafer : canStandIn(road.target);
        }),
      session: () => this.#session,
      onProven: async ({ road, session, ladder }) => {
        this.#failures.delete(road);
        if (road !== main) await proofs.add(main.target, road.target);
        const known = this.#session;
        if (known === undefined || bySafety(road.target, this.#active.target) >= 0) return false;
        this.#take(road, session);
        if (traveller.replaceSession(session, ladder)) return true;
        if (this.#session === session) this.#leave();
        return true;
      },
      onFailed: async (road, error) => {
        const failure = toFailure(error);
        this.#failures.set(road, failure);
        // Which of the two has changed nobody knows: neither stands in for the other any more.
        if (failure.code === "GATEWAY_DIFFERENT")
          await proofs.remove(main.target, (road === main ? this.#active : road).target);
      },
      onLooked: () => traveller.waysChanged(),
    };
  }
}

/** Where a person can do something: answer a question, or else have a Gateway started. */
const forPerson = (failed: readonly Outcome[]): Outcome | undefined =>
  failed.find(({ failure }) => asksPerson(failure)) ??
  failed.find(({ failure }) => failure.code === "GATEWAY_NOT_RUNNING");
