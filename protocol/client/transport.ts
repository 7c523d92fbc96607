import type { LadderReporter } from "../ladder/steps.ts";
import type { GatewaySocket } from "./socket.ts";

/** What a transport gets for one climb. */
export interface OpenContext {
  /** Aborting rejects `open` with `CancelledError` within 100 ms and leaves nothing open. */
  readonly signal: AbortSignal;
  readonly ladder: LadderReporter;
  /** False on an automatic reconnect: whatever needs a person fails with its typed error instead of asking. */
  readonly interactive: boolean;
}

/**
 * One way to a Gateway: over SSH, direct, or none. It climbs the rungs up to `websocket` and reports them; every failure
 * is a `ConnectError`.
 */
export interface GatewayTransport {
  /** How a person would write the way, without a secret: `ssh alice@home → 127.0.0.1:18789`. */
  readonly path: string;
  /**
   * The way itself proves that this is the same server every time (an SSH host key, a pinned certificate, this computer):
   * what a Gateway gave us earlier may be shown to it without asking. False when left out.
   */
  readonly isProven?: boolean;
  open(context: OpenContext): Promise<GatewaySocket>;
  /**
   * Looks whether the other end is there, without a secret and in at most a second; undefined when that cannot be told
   * (nothing has been reached yet). Never rejects, but for an abort.
   */
  probe?(signal: AbortSignal): Promise<boolean | undefined>;
  /** Lets go of what outlives one socket (an SSH connection). */
  dispose(): void;
}
