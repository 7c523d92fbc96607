import { asObject } from "../gateway/json.ts";
import { type Disposable, toDisposable } from "../util/disposable.ts";
import type { GatewaySession } from "./gateway-session.ts";

/** Ping this often and wait this long: a half-open link is seen within 10 s. Milliseconds. */
const PING_EVERY_MS = 5_000;
const PING_TIMEOUT_MS = 4_500;
const HEALTH_EVERY_MS = 15_000;
const HEALTH_TIMEOUT_MS = 10_000;
/** A timer that comes this late means that the computer slept. */
const SLEPT_MS = 10_000;
const WAKE_PING_TIMEOUT_MS = 2_000;

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
  let last = now();
  let pinging = false;

  const ping = async (timeoutMs: number) => {
    if (pinging) return;
    pinging = true;
    try {
      const ms = await session.ping(timeoutMs);
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

  const pingTimer = setInterval(() => {
    const slept = now() - last > PING_EVERY_MS + SLEPT_MS;
    last = now();
    void ping(slept ? WAKE_PING_TIMEOUT_MS : PING_TIMEOUT_MS);
  }, PING_EVERY_MS);
  const healthTimer = setInterval(() => void poll(), HEALTH_EVERY_MS);
  void ping(PING_TIMEOUT_MS);

  return toDisposable(() => {
    stopped = true;
    clearInterval(pingTimer);
    clearInterval(healthTimer);
  });
}
