import type { GatewaySession } from "../../protocol/client/gateway-session.ts";
import { type PairingRefusal, readPairingRefusal } from "../../protocol/client/pairing-refusal.ts";
import type { OpenContext } from "../../protocol/client/transport.ts";
import { ERRORS } from "../../protocol/errors/catalogue.ts";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import { type LadderEvent, LadderReporter } from "../../protocol/ladder/steps.ts";
import type { Disposable } from "../../protocol/util/disposable.ts";

/** A device that waits for approval, for whoever shows it. */
export interface PendingApproval {
  readonly requestId: string;
  /** How the Gateway's host names this device. */
  readonly device: string;
  readonly role: string;
  readonly scopes: readonly string[];
  /** What the person can run on the Gateway's host. */
  readonly command: string;
  /** Approves the request over SSH; `undefined` when there is no SSH on this road. Calling it again is harmless. */
  readonly approve: (() => void) | undefined;
  /** It is being approved over SSH now. */
  readonly isApproving: boolean;
  /** Looks at once whether it was approved. */
  readonly look: () => void;
}

/** Where a climb says that it waits for an approval. */
export interface ApprovalBoard {
  /** Shows it until the result is disposed. */
  showApproval(approval: PendingApproval): Disposable;
}

export interface ApprovalWait {
  readonly refusal: PairingRefusal;
  readonly device: string;
  readonly context: OpenContext;
  readonly board: ApprovalBoard;
  /** Tries to connect again. Rejects as a climb does. */
  readonly attempt: (context: OpenContext) => Promise<GatewaySession>;
  readonly approve: ((refusal: PairingRefusal, signal: AbortSignal) => Promise<void>) | undefined;
}

const IDLE = false;
const APPROVING = true;
/** How often it looks whether somebody has approved, milliseconds: soon at first, then as one who waits politely. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 15_000;
/** Requests do not live for ever, and neither does patience. */
const MOST_WAIT_MS = 15 * 60_000;

/**
 * Waits until this device is approved, by the person's own wish over SSH or by anybody on the host, and goes on by itself.
 * @throws ConnectError: what the approval or an attempt threw, and PAIRING_REQUIRED when nobody came; CancelledError
 */
export async function awaitApproval(wait: ApprovalWait): Promise<GatewaySession> {
  const { context, board, device, approve } = wait;
  const { signal, ladder } = context;
  ladder.start("pairing");
  const bell = new Bell(signal);
  let { refusal } = wait;
  let shown: Disposable | undefined;
  const show = (isApproving: boolean): void => {
    const before = shown;
    const { requestId, role, scopes } = refusal;
    shown = board.showApproval({
      requestId,
      device,
      role,
      scopes,
      command: `openclaw devices approve ${requestId}`,
      approve: approve === undefined ? undefined : () => bell.ring("approve"),
      isApproving,
      look: () => bell.ring("look"),
    });
    before?.dispose();
  };
  const endsAt = Date.now() + MOST_WAIT_MS;
  let pauseMs = FIRST_PAUSE_MS;
  try {
    show(IDLE);
    for (;;) {
      const wish = await bell.next(Math.max(pauseMs, refusal.retryAfterMs ?? 0), refusal.mayComeBack);
      if (wish === "approve") {
        show(APPROVING);
        if (!(await approved(wait, refusal))) {
          show(IDLE);
          continue;
        }
      }
      const quiet = quietLadder(ladder);
      try {
        const session = await wait.attempt({ ...context, ladder: quiet.ladder });
        quiet.tell();
        return session;
      } catch (error) {
        const again = readPairingRefusal(error);
        const isPatient = error instanceof ConnectError && ERRORS[error.code].policy === "wait";
        if ((again === undefined && !isPatient) || Date.now() > endsAt) {
          quiet.tell();
          throw error;
        }
        pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS);
        refusal = again ?? refusal;
        show(IDLE);
      }
    }
  } finally {
    shown?.dispose();
    bell.dispose();
  }
}

/** False: the person has said no after all. */
async function approved({ approve, context }: ApprovalWait, refusal: PairingRefusal): Promise<boolean> {
  try {
    await approve?.(refusal, context.signal);
    return true;
  } catch (error) {
    if (error instanceof CancelledError && !context.signal.aborted) return false;
    throw error;
  }
}

/** A look that finds nothing must not make the ladder on the screen jump: what it tells is kept until it counts. */
function quietLadder(ladder: LadderReporter): { readonly ladder: LadderReporter; tell(): void } {
  const events: LadderEvent[] = [];
  return {
    ladder: new LadderReporter((event) => events.push(event)),
    tell() {
      for (const event of events) {
        if (event.type === "started") ladder.start(event.step);
        else if (event.type === "passed") ladder.pass(event.step, event.evidence);
        else if (event.type === "failed") ladder.fail(event.step);
      }
    },
  };
}

type Wish = "approve" | "look";

/** Waits for a wish or for time to pass; a wish that comes while nobody waits is kept. */
class Bell implements Disposable {
  readonly #signal: AbortSignal;
  #rung: Wish | undefined;
  #wake: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #onAbort = (): void => this.#wake?.();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort);
  }

  ring(wish: Wish): void {
    if (this.#rung !== "approve") this.#rung = wish;
    this.#wake?.();
  }

  /** @throws CancelledError on an abort */
  async next(pauseMs: number, wakesByTime: boolean): Promise<Wish> {
    if (this.#rung === undefined && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (wakesByTime) this.#timer = setTimeout(resolve, pauseMs);
      });
    }
    clearTimeout(this.#timer);
    this.#wake = undefined;
    if (this.#signal.aborted) throw new CancelledError();
    const wish = this.#rung ?? "look";
    this.#rung = undefined;
    return wish;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}
