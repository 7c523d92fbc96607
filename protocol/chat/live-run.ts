import { asNumber, asObject, asString, type JsonObject } from "../gateway/json.ts";
import { readText } from "./message-row.ts";
import type { RunItem, RunStep } from "./transcript.ts";

/** A run that this client saw going, from `chat` and `agent` events; persisted rows take over once they come. */
export interface LiveRun {
  readonly runId: string;
  /** Answer text so far that is not in a persisted row yet. */
  readonly text: string;
  readonly steps: readonly RunStep[];
  readonly status: RunItem["status"];
  readonly error?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Highest `payload.seq` of a `chat` event; older deltas are dropped. */
  readonly chatSeq: number;
}

/** Arguments and results are shown, not stored: more than this, in characters, is cut. */
const SHOWN_MAX = 16_384;

export function newLiveRun(runId: string, startedAt: number): LiveRun {
  return { runId, text: "", steps: [], status: "streaming", startedAt, chatSeq: -1 };
}

/** Pure: the run after one `chat` event payload. */
export function applyChatEvent(run: LiveRun, payload: JsonObject, now: number): LiveRun {
  const seq = asNumber(payload["seq"]) ?? run.chatSeq;
  const message = payload["message"];
  const whole = message === undefined ? undefined : readText(asObject(message)["content"]);
  switch (payload["state"]) {
    case "delta": {
      if (seq < run.chatSeq || run.status !== "streaming") return run;
      const delta = asString(payload["deltaText"]) ?? "";
      // `message` holds the whole text so far and so heals what was missed.
      const text = whole ?? (payload["replace"] === true ? delta : run.text + delta);
      return { ...run, text, chatSeq: seq };
    }
    case "final":
      return ended(run, { status: "done", text: whole ?? run.text, seq, now });
    case "aborted":
      return ended(run, { status: "aborted", text: whole ?? run.text, seq, now });
    case "error":
      return {
        ...ended(run, { status: "error", text: whole ?? run.text, seq, now }),
        error: asString(payload["errorMessage"]) ?? "",
      };
    default:
      return run;
  }
}

function ended(run: LiveRun, end: { status: RunItem["status"]; text: string; seq: number; now: number }): LiveRun {
  const steps = run.steps.map((step): RunStep => (step.status === "running" ? { ...step, status: "error" } : step));
  return { ...run, status: end.status, text: end.text, steps, endedAt: run.endedAt ?? end.now, chatSeq: end.seq };
}

/** Pure: the run after one `agent` event payload. Only tool steps and the start are of interest here. */
export function applyAgentEvent(run: LiveRun, payload: JsonObject, now: number): LiveRun {
  const data = asObject(payload["data"]);
  if (payload["stream"] === "lifecycle" && data["phase"] === "start") {
    return { ...run, startedAt: asNumber(data["startedAt"]) ?? run.startedAt };
  }
  if (payload["stream"] !== "tool") return run;
  const id = asString(data["toolCallId"]);
  if (id === undefined) return run;
  const at = asNumber(payload["ts"]) ?? now;
  const known = run.steps.find((step) => step.id === id);
  const step: RunStep = known ?? {
    id,
    tool: asString(data["name"]) ?? "tool",
    args: showJson(data["args"]),
    status: "running",
    startedAt: at,
  };
  const next = stepAfter(step, data, at);
  const steps = known === undefined ? [...run.steps, next] : run.steps.map((other) => (other.id === id ? next : other));
  return { ...run, steps };
}

function stepAfter(step: RunStep, data: JsonObject, at: number): RunStep {
  if (data["phase"] === "update") return { ...step, result: showResult(data["partialResult"]) };
  if (data["phase"] !== "result") return step;
  const failed = data["isError"] === true;
  return {
    ...step,
    result: showResult(data["result"]),
    status: failed ? "error" : "ok",
    ms: Math.max(0, at - step.startedAt),
  };
}

/** Indented JSON for a person, cut at 16,384 characters. */
export function showJson(value: unknown): string {
  if (value === undefined) return "";
  return cut(typeof value === "string" ? value : JSON.stringify(value, null, 2));
}

function showResult(value: unknown): string {
  const text = readText(asObject(value)["content"]);
  return text === "" ? showJson(value) : cut(text);
}

export function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
