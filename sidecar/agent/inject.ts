import { randomUUID } from "node:crypto";
import { AGENT_ID } from "./agent-id.ts";
import { OWN_SOURCE, answerBody } from "./message-bodies.ts";
import type { RunsOptions } from "./runs.ts";

const PREVIEW_CHARS = 160;

/**
 * Puts a message into a session as if the agent had said it; no model is asked. It is on the disk when this returns.
 * @returns its id, undefined when there is no such session
 */
export function injectMessage(
  what: { readonly sessionKey: string; readonly text: string },
  { store, sink }: Pick<RunsOptions, "store" | "sink">,
): string | undefined {
  const { sessionKey, text } = what;
  const now = Date.now();
  const id = randomUUID();
  const message = store.transaction(() => {
    const session = store.sessions.get(sessionKey);
    if (session === undefined) return undefined;
    const end = { kind: "done", stopReason: "stop", usage: { input: 0, output: 0 }, responseId: undefined } as const;
    const body = answerBody({ text, source: OWN_SOURCE, end, at: now });
    store.sessions.noteMessage(sessionKey, text.trim().split("\n", 1)[0]?.slice(0, PREVIEW_CHARS) ?? "", now);
    return store.transcripts.append({ id, sessionId: session.sessionId, role: "assistant", body, createdAt: now });
  });
  if (message === undefined) return undefined;
  const about = { runId: `inject-${id}`, sessionKey, agentId: AGENT_ID, seq: 0, state: "final", stopReason: "stop" };
  sink.chat(sessionKey, { ...about, message: message.body });
  sink.message(sessionKey, message);
  sink.changed(sessionKey, { reason: "message" });
  return id;
}
