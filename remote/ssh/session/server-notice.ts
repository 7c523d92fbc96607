import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { LadderReporter } from "../../../protocol/ladder/steps.ts";
import { hostPort } from "../../target/host.ts";
import { printable } from "../../target/printable.ts";
import type { SshPrompts } from "../prompts.ts";
import type { SshEndpoint } from "./ssh-failure.ts";
import type { StepClock } from "./step-clock.ts";

/** A server that has only greeted goes on at once; one that says nothing more waits for the page. */
const GREETING_MS = 500;
/** What a person may need to open a page, sign in there and find a second factor. */
const PAGE_MS = 5 * 60_000;
const MAX_HEARD = 4_000;
const MAX_PAGE = 500;

export interface ServerNoticeOptions {
  readonly config: SshEndpoint;
  readonly prompts: Pick<SshPrompts, "webSignIn">;
  /** False: a page is named in the error, and nobody is asked to open it. */
  readonly interactive: boolean;
  readonly ladder: LadderReporter;
  readonly signal: AbortSignal;
  readonly clock: Pick<StepClock, "start">;
  /** Milliseconds of the step when no page is waited for. */
  readonly patienceMs: number;
  readonly onCancel: (error: CancelledError) => void;
}

/**
 * What a server tells a person before it lets them in (RFC 4252, section 5.4). Mostly a greeting; but it is also all that a
 * server may say which refuses, or which waits until somebody has signed in on a web page, as Tailscale SSH does.
 */
export class ServerNotice {
  readonly #options: ServerNoticeOptions;
  #heard = "";
  /** Of it, what was said after the latest answer. */
  #fresh = "";
  #timer: NodeJS.Timeout | undefined;
  #waiting: AbortController | undefined;

  constructor(options: ServerNoticeOptions) {
    this.#options = options;
  }

  /** Takes what has come. It may be hostile. */
  hear(text: string): void {
    if (this.#heard.length >= MAX_HEARD) return;
    const more = text.slice(0, MAX_HEARD - this.#heard.length);
    this.#heard += more;
    this.#fresh += more;
    // It may come in pieces, and an address in the middle of one.
    if (this.#page !== undefined) this.#timer ??= setTimeout(() => this.#wait(), GREETING_MS);
  }

  /** The server has gone on: it waits for no page. */
  answered(): void {
    this.#fresh = "";
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === undefined) return;
    this.#waiting.abort();
    this.#waiting = undefined;
    this.#options.clock.start(this.#options.patienceMs);
  }

  /** For an error: `it says: …`, or nothing. */
  get words(): readonly string[] {
    const line = this.#heard.trim().replaceAll(/\s+/g, " ");
    return line === "" ? [] : [`it says: ${printable(line, 200)}`];
  }

  /** Why the time ran out, when it was for a page. */
  get failure(): ConnectError | undefined {
    const page = this.#page;
    if (page === undefined) return undefined;
    const { hostName, port, user } = this.#options.config;
    const message = `${hostPort(hostName, port)} waits until ${user} has signed in at ${page}.`;
    return new ConnectError("SSH_WEB_SIGN_IN", message, {
      step: "ssh-auth",
      facts: [
        { label: "host", value: hostName },
        { label: "user", value: user },
        { label: "url", value: page },
      ],
    });
  }

  get #page(): string | undefined {
    return pageIn(this.#fresh);
  }

  #wait(): void {
    const page = this.#page;
    if (page === undefined) return;
    const { config, prompts, interactive, ladder, signal, clock, onCancel } = this.#options;
    this.#waiting = new AbortController();
    ladder.start("ssh-auth", `waits for a sign-in at ${page}`);
    if (!interactive || prompts.webSignIn === undefined) return;
    clock.start(PAGE_MS);
    const over = AbortSignal.any([signal, this.#waiting.signal]);
    prompts.webSignIn({ user: config.user, host: config.hostName, page }, over).then(
      (answer) => {
        if (answer === "cancel" && !over.aborted) onCancel(new CancelledError());
      },
      () => undefined,
    );
  }
}

/** The first page that a text names, as browsers write its address; none that could mislead about where it leads. */
export function pageIn(text: string): string | undefined {
  const [found] = /https:\/\/[^\s<>"'`\\^{|}]+/.exec(text) ?? [];
  const address = found?.replace(/[.,;:!?)\]]+$/, "");
  if (address === undefined || address.length > MAX_PAGE || printable(address, MAX_PAGE) !== address) return undefined;
  const url = URL.parse(address);
  return url === null || url.username !== "" || url.password !== "" || url.hostname === "" ? undefined : url.href;
}
