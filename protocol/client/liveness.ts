import { asObject } from "../gateway/json.ts";
import { type Disposable, toDisposable } from "../util/disposable.ts";
import type { GatewaySession } from "./gateway-session.ts";

/** Ping this often and wait this long: a half-open link is seen within 10 s. Milliseconds. */
const PING_EVERY_MS = 5_000;
const PING_TIMEOUT_MS = 4_500;
const HEALTH_EVERY_MS = 15_000;
const HEALTH_TIMEOUT_MS = 10_000;
/** A time-out that comes this late means that we slept, and that the answer may be waiting to be read. */
const SLEPT_MS = 2_000;
const SECOND_PING_TIMEOUT_MS = 2_000;

export interface LivenessReports {
  roundTrip(ms: number): void;
  /** One health poll: `payload` is undefined when it failed. */
  health(payload: unknown): void;
  /** Nothing answers on this socket any more. */
  dead(): void;
}

/** Watches one session: pings the socket and polls `health`, until disposed or dead. */
export function watchLiveness(
  session: GatewaySession,
  reports: LivenessReports,
  now: () => number = Date.now,
): Disposable {
  let stopped = false;
  let pinging = false;

  const roundTrip = async () => {
    const startedAt = now();
    try {
      return await session.ping(PING_TIMEOUT_MS);
    } catch (error) {
      if (now() - startedAt < PING_TIMEOUT_MS + SLEPT_MS) throw error;
      return session.ping(SECOND_PING_TIMEOUT_MS);
    }
  };
  const ping = async () => {
    if (pinging) return;
    pinging = true;
    try {
      const ms = await roundTrip();
      if (!stopped) reports.roundTrip(ms);
    } catch {
      if (!stopped) reports.dead();
    } finally {
      pinging = false;
    }
  };
  const poll = async () => {
    try {
      const payload = await session.request("health", {}, { timeoutMs: HEALTH_TIMEOUT_MS });
      if (!stopped) reports.health(asObject(payload)["ok"] === false ? undefined : payload);
    } catch {
      if (!stopped) reports.health(undefined);
    }
  };

  const pingTimer = setInterval(() => void ping(), PING_EVERY_MS);
  const healthTimer = setInterval(() => void poll(), HEALTH_EVERY_MS);
  void ping();

  return toDisposable(() => {
    stopped = true;
    clearInterval(pingTimer);
    clearInterval(healthTimer);
  });
}
