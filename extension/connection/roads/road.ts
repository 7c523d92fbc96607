import type { GatewaySession } from "../../../protocol/client/gateway-session.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import type { Failure } from "../../../protocol/errors/failure.ts";
import type { Ladder } from "../../../protocol/ladder/steps.ts";
import type { Disposable } from "../../../protocol/util/disposable.ts";
import type { ApprovalBoard } from "../../onboarding/await-approval.ts";
import type { HostRoad } from "../../onboarding/host-onboarding.ts";
import type { GatewayProfile, GatewayTarget } from "../profile.ts";

/** One way to one Gateway, or several that are known to lead to the same one. */
export interface Road extends Disposable {
  /** The one that it takes now. */
  readonly target: GatewayTarget;
  /** How a person would write it. May become more exact while it climbs (the Gateway's port is found on the way). */
  readonly path: string;
  /** What is known of each way, when there are several. */
  readonly ways?: readonly WayView[];
  /** Looks whether the other end is there, so that a wait ends as soon as it is; see `GatewayTransport.probe`. */
  readonly probe?: ((signal: AbortSignal) => Promise<boolean | undefined>) | undefined;
  /** The host itself, on a road over SSH. */
  readonly host?: HostRoad | undefined;
  /** @param instanceId names the connection to the Gateway, so that it can be recognised over another road */
  climb(context: OpenContext, instanceId?: string): Promise<GatewaySession>;
  /** The network changed or a person is back: what was away may be there. */
  wake?(): void;
}

/** Who travels on a road, as far as the road itself has to tell them something. */
export interface Traveller extends ApprovalBoard {
  /**
   * Goes on with a session of the same Gateway that is open already, over a safer way.
   * @returns false, with the session closed, when there is none to replace
   */
  replaceSession(session: GatewaySession, ladder: Ladder): boolean;
  /** What is known of the ways has changed. */
  waysChanged(): void;
}

export type OpenRoad = (profile: GatewayProfile, traveller: Traveller) => Road;

/** One of several ways to a Gateway. */
export interface WayView {
  readonly target: GatewayTarget;
  /** Never a secret. */
  readonly path: string;
  readonly state: WayState;
  /** Why it is not taken; with `away` and `refused`. */
  readonly failure?: Failure | undefined;
}

/**
 * `active` is the one that is taken, `ready` could be, `away` was not reached, `refused` wants a person. `unproven` was never
 * seen to lead to this Gateway, and `unsafe` could not be known again: neither is ever taken by itself.
 */
export type WayState = "active" | "ready" | "away" | "refused" | "unproven" | "unsafe";
