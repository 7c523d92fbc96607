import { reasonOf } from "../config/startup-error.ts";
import { turnsFor } from "./conversation.ts";
import type { ModelCatalog } from "./model-catalog.ts";
import type { ModelLoader } from "./model-port.ts";
import type { Runs } from "./runs.ts";

/** A model may take so long for a summary, milliseconds. */
const TIMEOUT_MS = 120_000;
const MAX_SUMMARY_CHARS = 20_000;
/** Fewer messages than this are not worth a summary. */
const MIN_MESSAGES = 4;
const MAX_MESSAGES = 400;

const INSTRUCTION =
  "Summarise the conversation that follows for somebody who will continue it: what was asked, what was decided, what is open, and every name, path, number and identifier that matters, exactly as written. Use the language of the conversation. Answer with the summary alone.";

/** What came of it; `reason` says why there was nothing to do. */
export type Compaction =
  | { readonly compacted: true; readonly summary: string }
  | { readonly compacted: true; readonly kept: number }
  | { readonly compacted: false; readonly reason: string };

/**
 * Makes the model forget the beginning of a session: it is shown a summary of it from now on, or with `keep` only the
 * last messages. The transcript itself loses nothing.
 */
export async function compactSession(
  sessionKey: string,
  keep: number | undefined,
  { options }: Pick<Runs, "options">,
): Promise<Compaction> {
  const { store, catalog, loadModel, sink } = options;
  const session = store.sessions.get(sessionKey);
  if (session === undefined) return { compacted: false, reason: "no sessionId" };
  const total = store.transcripts.count(session.sessionId);
  const mark = (summary: string, seq: number): void => {
    store.transaction(() => store.sessions.setSummary(session.sessionId, { summary, seq }));
    sink.changed(sessionKey, { reason: "compact" });
  };
  if (keep !== undefined) {
    mark("", Math.max(0, total - keep));
    return { compacted: true, kept: Math.min(keep, total) };
  }
  const since = session.summarySeq ?? 0;
  if (total - since < MIN_MESSAGES) return { compacted: false, reason: "nothing to compact" };
  const messages = store.transcripts.page(session.sessionId, MAX_MESSAGES, 0);
  const ask = await askerFor(session.model, { catalog, loadModel });
  if (typeof ask === "string") return { compacted: false, reason: ask };
  const turns = turnsFor(messages, {
    runId: "",
    waiting: new Set(),
    contextWindow: ask.contextWindow,
    past: { summary: session.summary ?? "", seq: since },
  });
  const conversation = turns.map(({ role, text }) => `[${role}]\n${text}`).join("\n\n");
  const summary = await ask.summarise(conversation);
  if (summary.trim() === "") return { compacted: false, reason: "the model gave no summary" };
  mark(summary, total);
  return { compacted: true, summary };
}

interface Asker {
  readonly contextWindow: number;
  summarise(conversation: string): Promise<string>;
}

/** The model of the session, or the sentence that says why it cannot be asked. */
async function askerFor(
  override: string | undefined,
  { catalog, loadModel }: { readonly catalog: ModelCatalog; readonly loadModel: ModelLoader },
): Promise<Asker | string> {
  const choice = catalog.choose(override);
  if (!choice.ok) return choice.why;
  const { model, apiKey } = choice;
  const stream = await loadModel();
  return {
    contextWindow: model.entry.contextWindow,
    async summarise(conversation) {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const turns = [{ role: "user" as const, text: conversation }];
      let summary = "";
      try {
        for await (const part of stream({ ...model, apiKey, system: INSTRUCTION, turns, signal })) {
          if (part.type === "text") summary += part.text;
          if (summary.length > MAX_SUMMARY_CHARS) break;
        }
      } catch (error) {
        throw new CompactionError(`The model could not summarise the session: ${reasonOf(error).slice(0, 300)}`);
      }
      return summary.slice(0, MAX_SUMMARY_CHARS);
    },
  };
}

/** The model failed; the session is as it was. */
export class CompactionError extends Error {
  override readonly name = "CompactionError";
}
