import type { StoredMessage } from "../store/transcripts.ts";

type Payload = Readonly<Record<string, unknown>>;

/** Why a session changed, as `sessions.changed` says it. */
export type SessionChangeNote =
  | { readonly reason: string }
  | { readonly phase: "start" | "end"; readonly runId: string };

/** Where runs report to; the Gateway turns it into events. */
export interface RunSink {
  /** Payload of a `chat` event. */
  chat(sessionKey: string, payload: Payload): void;
  /** Payload of an `agent` event. */
  agent(sessionKey: string, payload: Payload): void;
  /** A message was committed to a transcript. */
  message(sessionKey: string, message: StoredMessage): void;
  changed(sessionKey: string, note: SessionChangeNote): void;
}
