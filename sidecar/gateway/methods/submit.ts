import type { Sender } from "../../agent/message-bodies.ts";
import type { SendRequest } from "../../agent/runs.ts";
import { invalid, unavailable } from "../wire.ts";
import type { Caller, MethodContext } from "./method.ts";

/** Characters of one question. */
const MAX_MESSAGE_CHARS = 1_000_000;
const CONFLICT =
  "This message ID was already used for different input. Check the conversation history and use a new message ID to send again.";

export function senderOf({ connection }: Caller): Sender | undefined {
  const client = connection.grant?.client;
  return client && { clientId: client.id, clientMode: client.mode, displayName: client.displayName };
}

/**
 * Hands a question to the agent. When this returns, the question is on the disk.
 * @returns the acknowledgement
 * @throws MethodError when it cannot be taken
 */
export function submit(
  request: SendRequest,
  { runs }: MethodContext,
): { readonly runId: string; readonly status: string } {
  const { runId, text } = request;
  if (text.trim() === "") throw invalid("message or attachment required");
  if (text.includes("\0")) throw invalid("message must not contain null bytes");
  if (text.length > MAX_MESSAGE_CHARS) throw invalid(`message too long: at most ${MAX_MESSAGE_CHARS} characters`);
  const outcome = runs.send(request);
  switch (outcome) {
    case "conflict":
      throw invalid(CONFLICT, { reason: "chat-request-conflict" });
    case "busy":
      throw unavailable("too many messages are waiting for their answers; send this one again later", 5_000);
    case "stopping":
      throw unavailable("the Gateway is stopping; send this message again when it is back", 2_000);
    case "started":
    case "in_flight":
    case "ok":
      return { runId, status: outcome };
  }
}
