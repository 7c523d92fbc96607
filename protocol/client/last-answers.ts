import type { Disposable } from "../util/disposable.ts";
import type { GatewaySession } from "./gateway-session.ts";

/** What was asked on a session that another one replaced may still be answered there for so long. Milliseconds. */
const LAST_ANSWERS_MS = 10_000;

/** Sessions that were replaced, each open for a moment more. */
export class LastAnswers implements Disposable {
  readonly #open = new Map<GatewaySession, ReturnType<typeof setTimeout>>();

  waitFor(session: GatewaySession): void {
    const timer = setTimeout(() => this.#close(session), LAST_ANSWERS_MS);
    this.#open.set(session, timer);
    void session.closed.then(() => this.#close(session));
  }

  dispose(): void {
    for (const session of this.#open.keys()) this.#close(session);
  }

  #close(session: GatewaySession): void {
    clearTimeout(this.#open.get(session));
    if (this.#open.delete(session)) session.close();
  }
}
