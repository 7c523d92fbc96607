import type { ActiveRun } from "./active-runs.ts";
import { MAX_CONTEXT_MESSAGES, turnsFor } from "./conversation.ts";
import { DeltaPacer } from "./delta-pacer.ts";
import { type AnswerSource, OWN_SOURCE } from "./message-bodies.ts";
import type { ResolvedModel } from "./model-catalog.ts";
import type { ModelPart } from "./model-port.ts";
import { type RunFailure, explainProviderError } from "./provider-error.ts";
import type { RunEvents } from "./run-events.ts";
import type { Runs } from "./runs.ts";
import { runSlashCommand } from "./slash-commands.ts";

/** A model that says nothing for this long is given up. */
const SILENCE_MS = 300_000;
/** How much of an answer a crash can lose. */
const CHECKPOINT_MS = 1_000;
const MAX_ANSWER_CHARS = 1_000_000;

const SYSTEM_PROMPT =
  "You are OpenClaw, a helpful assistant that a person reaches from their editor. Answer in Markdown and be brief.";
const NO_USAGE = { input: 0, output: 0 } as const;

/** Answers one question. Never rejects: whatever goes wrong is told in the chat. */
export async function executeRun(run: ActiveRun, runs: Runs, events: RunEvents): Promise<void> {
  const { store, catalog } = runs.options;
  const reply = run.reply ?? runSlashCommand(run.question, run, runs);
  if (reply !== undefined) {
    sayOurselves(run, runs, events, reply);
    return;
  }
  events.started();
  const choice = catalog.choose(store.sessions.get(run.sessionKey)?.model);
  if (!choice.ok) {
    sayOurselves(run, runs, events, choice.why);
    return;
  }
  const { model, apiKey } = choice;
  const source = { api: model.provider.api, provider: model.provider.name, model: model.entry.id };
  try {
    await stream({ run, runs, events, model, apiKey, source });
  } catch (error) {
    const failure = error instanceof RunBroken ? error.failure : explainProviderError(error, model, apiKey);
    const end = { kind: "failed", errorMessage: failure.message } as const;
    runs.settle(run, { end, source }, () => events.failed(failure, { provider: source.provider, model: source.model }));
  }
}

/** The Gateway answers in place of a model. */
function sayOurselves(run: ActiveRun, runs: Runs, events: RunEvents, text: string): void {
  if (run.isOver) return;
  run.text = text;
  const end = { kind: "done", stopReason: "stop", usage: NO_USAGE, responseId: undefined } as const;
  runs.settle(run, { end, source: OWN_SOURCE }, () => events.finished("stop"));
}

class RunBroken extends Error {
  readonly failure: RunFailure;
  constructor(failure: RunFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

async function stream(context: {
  run: ActiveRun;
  runs: Runs;
  events: RunEvents;
  model: ResolvedModel;
  apiKey: string | undefined;
  source: AnswerSource;
}): Promise<void> {
  const { run, runs, events, model, source } = context;
  const { store, loadModel, systemPrompt } = runs.options;
  const waiting = new Set(runs.active.idsOf(run.sessionKey).filter((id) => id !== run.runId));
  const { summary = "", summarySeq: seq = 0 } = store.sessions.get(run.sessionKey) ?? {};
  const turns = turnsFor(store.transcripts.page(run.sessionId, MAX_CONTEXT_MESSAGES, 0), {
    runId: run.runId,
    waiting,
    contextWindow: model.entry.contextWindow,
    past: { summary, seq },
  });
  const ask = await loadModel();
  if (run.isOver) return;
  events.model(source.provider, source.model);

  let checkpointAt = 0;
  const pacer = new DeltaPacer((delta) => {
    if (run.isOver) return;
    run.text += delta;
    const now = Date.now();
    if (now >= checkpointAt) {
      runs.checkpoint(run);
      checkpointAt = now + CHECKPOINT_MS;
    }
    events.delta(delta);
  });
  const silence = watchSilence(run, model);
  let end: Extract<ModelPart, { type: "end" }> | undefined;
  let length = 0;
  try {
    const request = {
      ...model,
      apiKey: context.apiKey,
      system: systemPrompt ?? SYSTEM_PROMPT,
      turns,
      signal: run.abort.signal,
    };
    for await (const part of ask(request)) {
      if (run.isOver) return;
      silence.reset();
      if (part.type === "end") {
        end = part;
        continue;
      }
      length += part.text.length;
      if (length > MAX_ANSWER_CHARS) {
        throw new RunBroken({
          kind: "unknown",
          message: `The answer grew beyond ${MAX_ANSWER_CHARS} characters and was stopped.`,
        });
      }
      pacer.push(part.text);
    }
    silence.check();
    pacer.flush();
  } catch (error) {
    pacer.flush();
    silence.check();
    throw error;
  } finally {
    silence.dispose();
    pacer.cancel();
  }
  if (end === undefined || (end.stopReason === "error" && run.text === "")) {
    throw new RunBroken({
      kind: "unknown",
      message: `The model provider "${source.provider}" ended its answer without a result; send again, or choose another model with /model.`,
    });
  }
  const { stopReason, usage, responseId } = end;
  runs.settle(run, { end: { kind: "done", stopReason, usage, responseId }, source }, () => events.finished(stopReason));
}

/** Ends a run whose model has gone quiet. `check` throws when that happened. */
function watchSilence(run: ActiveRun, model: ResolvedModel) {
  let isTooLong = false;
  const timer = setTimeout(() => {
    isTooLong = true;
    run.abort.abort();
  }, SILENCE_MS);
  return {
    reset: () => timer.refresh(),
    dispose: () => clearTimeout(timer),
    check() {
      if (!isTooLong) return;
      throw new RunBroken({
        kind: "timeout",
        message: `The model provider "${model.provider.name}" said nothing for ${SILENCE_MS / 1000} s and was given up; send again, or choose another model with /model.`,
      });
    },
  };
}
