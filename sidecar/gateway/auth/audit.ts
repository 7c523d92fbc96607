import type { Logger } from "../../../protocol/util/logger.ts";
import { isRecord } from "../../json.ts";
import type { ErrorShape } from "../wire.ts";
import type { Peer } from "./peer.ts";

/** What an audit line tells about a stranger or a guest. Nothing in it is a secret; all of it may be hostile. */
export type AuditFacts = Readonly<Record<string, string | number | undefined>>;

const WINDOW_MS = 10_000;
/** Lines of one kind in a window; who knocks more often than that is counted and no longer told. */
const MAX_LINES = 30;
const MAX_VALUE_CHARS = 120;

interface Window {
  startedAt: number;
  lines: number;
  untold: number;
}

/**
 * The record of who came in, who did not, and what was changed about that: one line each, in the log. Strangers cannot
 * forge a line, nor fill the log.
 */
export class Audit {
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  constructor(logger: Logger, now: () => number = Date.now) {
    this.#logger = logger;
    this.#now = now;
  }

  /** Somebody was turned away, or something was taken from somebody. */
  warn(event: string, facts: AuditFacts): void {
    const line = this.#line(event, facts);
    if (line !== undefined) this.#logger.warn(line);
  }

  info(event: string, facts: AuditFacts): void {
    const line = this.#line(event, facts);
    if (line !== undefined) this.#logger.info(line);
  }

  #line(event: string, facts: AuditFacts): string | undefined {
    const now = this.#now();
    let window = this.#windows.get(event);
    if (window === undefined || now - window.startedAt >= WINDOW_MS) {
      const untold = window?.untold ?? 0;
      window = { startedAt: now, lines: 0, untold: 0 };
      this.#windows.set(event, window);
      if (untold > 0) this.#logger.warn(`audit: ${event} ${untold} times more, which were not told one by one`);
    }
    if (window.lines >= MAX_LINES) {
      window.untold += 1;
      return undefined;
    }
    window.lines += 1;
    const told = Object.entries(facts).flatMap(([name, value]) =>
      value === undefined ? [] : `${name}=${plain(value)}`,
    );
    return `audit: ${event}${told.map((fact) => ` ${fact}`).join("")}`;
  }
}

/** One word where it can be, else quoted: a value cannot look like the next fact, or like the next line. */
function plain(value: string | number): string {
  const text = String(value);
  const short = text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
  return /^[\w.:/@+-]+\u2026?$/.test(short)
    ? short
    : JSON.stringify(short.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?"));
}

/** Who wants to come in, as far as it says. @param params of `connect`, not checked yet */
export function auditFacts(params: unknown, peer: Peer): AuditFacts {
  const { client, device, role } = isRecord(params) ? params : {};
  const { id, mode } = isRecord(client) ? client : {};
  const deviceId = isRecord(device) ? device["id"] : undefined;
  return {
    from: peer.address,
    origin: peer.origin,
    user: peer.identity?.ok === true ? peer.identity.user : undefined,
    client: typeof id === "string" && typeof mode === "string" ? `${id}/${mode}` : undefined,
    device: typeof deviceId === "string" ? deviceId.slice(0, 12) : undefined,
    role: typeof role === "string" ? role : undefined,
  };
}

/** What clients branch on, which says more than the code of the frame. */
export function codeOf({ code, details }: ErrorShape): string {
  const detail = details?.["code"];
  return typeof detail === "string" ? detail : code;
}
