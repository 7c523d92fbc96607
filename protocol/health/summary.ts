import type { ConnectionState } from "../client/connection-state.ts";
import { asArray, asNumber, asObject, asString, isObject } from "../gateway/json.ts";

/** How bad, for one colour and one icon. `idle` is neither good nor bad: nobody asked for a connection. */
export type Severity = "ok" | "idle" | "busy" | "warning" | "error";

/** One line of the health view: plain data, words come from the l10n tables. */
export interface HealthRow {
  readonly id: "version" | "uptime" | "eventLoop" | "sessions" | "channels" | "plugins" | "scopes" | "model";
  readonly severity: Severity;
  readonly value: string;
}

/** Two bad polls before anything warns (UX.md): one slow answer is no news. */
const BAD_POLLS = 2;

/** Pure: what colour a connection deserves. */
export function severityOf(state: ConnectionState): Severity {
  switch (state.phase) {
    case "disconnected":
      return "idle";
    case "connecting":
      return "busy";
    case "connected":
      return state.badPolls >= BAD_POLLS ? "warning" : "ok";
    case "waiting":
      return "warning";
    case "failed":
      return "error";
  }
}

/** A failure that waits for the person rather than for the network. */
export function needsPerson(state: ConnectionState): boolean {
  const people = ["PAIRING_REQUIRED", "CREDENTIAL_MISSING", "CREDENTIAL_WRONG", "HOST_KEY_UNKNOWN", "SSH_AUTH_FAILED"];
  return state.phase === "failed" && people.includes(state.failure.code);
}

/** Pure: rows of a `health` payload, tolerant of what a Gateway leaves out. Only what is known gets a row. */
export function healthRows(
  payload: unknown,
  now: { version: string; uptimeMs: number; scopes: number },
): readonly HealthRow[] {
  const health = asObject(payload);
  const rows: HealthRow[] = [
    { id: "version", severity: "ok", value: now.version },
    { id: "uptime", severity: "ok", value: formatDuration(now.uptimeMs) },
    { id: "scopes", severity: now.scopes > 0 ? "ok" : "warning", value: String(now.scopes) },
  ];
  const sessions = asNumber(asObject(health["sessions"])["count"]);
  if (sessions !== undefined) rows.push({ id: "sessions", severity: "ok", value: String(sessions) });
  const loop = asObject(health["eventLoop"]);
  const delay = asNumber(loop["delayP99Ms"]);
  if (delay !== undefined) {
    rows.push({
      id: "eventLoop",
      severity: loop["degraded"] === true ? "warning" : "ok",
      value: `${Math.round(delay)} ms`,
    });
  }
  if (isObject(health["channels"])) rows.push(channelRow(Object.entries(health["channels"])));
  const plugins = asObject(health["plugins"]);
  const broken = asArray(plugins["errors"]).length;
  if (broken > 0) rows.push({ id: "plugins", severity: "warning", value: String(broken) });
  return rows;
}

function channelRow(channels: readonly (readonly [string, unknown])[]): HealthRow {
  const broken = channels.filter(
    ([, value]) => asObject(value)["ok"] === false || asString(asObject(value)["error"]) !== undefined,
  );
  const names = (broken.length > 0 ? broken : channels).map(([name]) => name);
  return {
    id: "channels",
    severity: broken.length > 0 ? "warning" : "ok",
    value: names.length === 0 ? "0" : names.join(", "),
  };
}

/** `3 d 4 h`, `4 h 5 min`, `5 min`, `12 s`: two units at most, the same in every language. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
