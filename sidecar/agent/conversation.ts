import type { StoredMessage } from "../store/transcripts.ts";
import type { Turn } from "./model-port.ts";

/** Messages beyond this are not looked at, whatever the model could take. */
export const MAX_CONTEXT_MESSAGES = 400;
/** A cautious guess of how many characters a token is, over all languages. */
const CHARS_PER_TOKEN = 3;
/** The part of the context window that the past may fill; the rest is for the system prompt and the answer. */
const SHARE = 0.7;

const SUMMARY_LEAD = "What was said before, in short:";

/** The `model` of messages that no model wrote. */
export const INJECTED_MODEL = "gateway-injected";

/** The visible text of a stored message. */
function textOf(body: Readonly<Record<string, unknown>>): string {
  const { content } = body;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((block: unknown) =>
      typeof block === "object" && block !== null && "text" in block && typeof block.text === "string"
        ? block.text
        : "",
    )
    .join("");
}

/**
 * What the model is shown for a run: the newest messages that fit, oldest first, with the run's own question last.
 * Questions of runs that still wait are left out, so that each is answered in its turn.
 */
export function turnsFor(
  messages: readonly StoredMessage[],
  run: {
    readonly runId: string;
    readonly waiting: ReadonlySet<string>;
    readonly contextWindow: number;
    /** What stands for the messages up to `seq`. */
    readonly past?: { readonly summary: string; readonly seq: number };
  },
): readonly Turn[] {
  const { summary = "", seq: forgotten = 0 } = run.past ?? {};
  let budget = run.contextWindow * SHARE * CHARS_PER_TOKEN - summary.length;
  const turns: Turn[] = [];
  const take = (message: StoredMessage): boolean => {
    const text = textOf(message.body);
    if (text === "") return true;
    budget -= text.length;
    if (budget < 0 && turns.length > 0) return false;
    turns.push({ role: message.role === "assistant" ? "assistant" : "user", text });
    return true;
  };
  const answeredHere = new Set(messages.filter(isOurOwn).map((message) => message.runId));
  const isQuestion = (message: StoredMessage): boolean => message.role === "user" && message.runId === run.runId;
  const question = messages.find(isQuestion);
  if (question !== undefined) take(question);
  for (const message of messages.toReversed()) {
    if (message.seq <= forgotten) break;
    if (isQuestion(message) || answeredHere.has(message.runId)) continue;
    if (message.role === "user" && message.runId !== undefined && run.waiting.has(message.runId)) continue;
    if (!take(message)) break;
  }
  const before: readonly Turn[] = summary === "" ? [] : [{ role: "user", text: `${SUMMARY_LEAD}\n\n${summary}` }];
  return merged([...before, ...turns.reverse()]);
}

/** What the Gateway said itself (a slash command's answer, how to set a model) is not part of the conversation. */
function isOurOwn(message: StoredMessage): boolean {
  return (
    message.runId !== undefined &&
    message.body["model"] === INJECTED_MODEL &&
    message.body["openclawAbort"] === undefined
  );
}

/** Providers want the roles to alternate and a user to begin. */
function merged(turns: readonly Turn[]): readonly Turn[] {
  const out: Turn[] = [];
  for (const turn of turns) {
    const last = out.at(-1);
    if (last?.role === turn.role) out[out.length - 1] = { role: turn.role, text: `${last.text}\n\n${turn.text}` };
    else if (last !== undefined || turn.role === "user") out.push(turn);
  }
  return out;
}
