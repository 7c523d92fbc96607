import type { ConnectionState } from "../client/connection-state.ts";

/** How bad, for one colour and one icon. `idle` is neither good nor bad: nobody asked for a connection. */
export type Severity = "ok" | "idle" | "busy" | "warning" | "error";

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
