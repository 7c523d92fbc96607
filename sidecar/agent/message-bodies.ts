import { INJECTED_MODEL } from "./conversation.ts";
import type { Usage } from "./model-port.ts";

type Body = Readonly<Record<string, unknown>>;

/** Who sent a question, as far as the transcript keeps it. */
export interface Sender {
  readonly clientId: string;
  readonly clientMode: string;
  readonly displayName: string | undefined;
}

/** The body of a question. `sender` ends up under `__openclaw`. */
export function questionBody(question: { text: string; runId: string; sender: Sender | undefined; at: number }): Body {
  const { sender } = question;
  const client = sender && {
    id: sender.clientId,
    mode: sender.clientMode,
    ...(sender.displayName === undefined ? {} : { displayName: sender.displayName }),
  };
  return {
    role: "user",
    content: question.text,
    timestamp: question.at,
    idempotencyKey: `${question.runId}:user`,
    ...(client === undefined ? {} : { sender: { senderIsOwner: true, transport: { clients: [client] } } }),
  };
}

export interface AnswerSource {
  readonly api: string;
  readonly provider: string;
  readonly model: string;
}

/** The source of what the Gateway says itself. */
export const OWN_SOURCE: AnswerSource = { api: "openai-completions", provider: "openclaw", model: INJECTED_MODEL };

/** How an answer ended. */
export type AnswerEnd =
  | {
      readonly kind: "done";
      readonly stopReason: string;
      readonly usage: Usage;
      readonly responseId: string | undefined;
    }
  | { readonly kind: "aborted"; readonly runId: string; readonly origin: string }
  | { readonly kind: "failed"; readonly errorMessage: string };

/** The body of an answer, whole or not: what is missing and why is part of it. */
export function answerBody(answer: { text: string; source: AnswerSource; end: AnswerEnd; at: number }): Body {
  const { text, source, end, at } = answer;
  const usage = end.kind === "done" ? end.usage : { input: 0, output: 0 };
  return {
    role: "assistant",
    content: text === "" ? [] : [{ type: "text", text }],
    ...source,
    usage: {
      input: usage.input,
      output: usage.output,
      totalTokens: usage.input + usage.output,
      cacheRead: 0,
      cacheWrite: 0,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
    },
    timestamp: at,
    ...endFields(end),
  };
}

function endFields(end: AnswerEnd): Body {
  switch (end.kind) {
    case "done":
      return { stopReason: end.stopReason, ...(end.responseId === undefined ? {} : { responseId: end.responseId }) };
    case "aborted":
      return {
        stopReason: "stop",
        idempotencyKey: `${end.runId}:assistant`,
        openclawAbort: { aborted: true, origin: end.origin, runId: end.runId },
      };
    case "failed":
      return { stopReason: "error", errorMessage: end.errorMessage };
  }
}
