import { isRecord } from "../json.ts";
import type { Store } from "../store/store.ts";

/** What came of a run that is over. Times are milliseconds since the epoch. */
export interface RunOutcome {
  readonly status: "ok" | "error" | "aborted";
  readonly sessionId: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly text: string;
  /** Why it ended: the model's own reason, or who stopped it. */
  readonly stopReason: string | undefined;
  readonly error: string | undefined;
  readonly provider: string | undefined;
  readonly model: string | undefined;
  readonly usage: { readonly input: number; readonly output: number };
}

const STATUS = { done: "ok", aborted: "aborted", failed: "error", interrupted: "error" } as const;

/** Reads how a run ended from what was written down; undefined when it is not over, or there is none of this id. */
export function readOutcome(store: Store, runId: string): RunOutcome | undefined {
  const run = store.runs.get(runId);
  const status = Object.entries(STATUS).find(([name]) => name === run?.status)?.[1];
  if (run?.endedAt === undefined || status === undefined) return undefined;
  const body = store.transcripts.answerOf(run.sessionId, runId)?.body ?? {};
  const abort = isRecord(body["openclawAbort"]) ? body["openclawAbort"]["origin"] : undefined;
  const usage = isRecord(body["usage"]) ? body["usage"] : {};
  return {
    status,
    sessionId: run.sessionId,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    text: textOf(body["content"]),
    stopReason: asText(abort) ?? asText(body["stopReason"]) ?? (status === "aborted" ? "rpc" : undefined),
    error: run.error,
    provider: asText(body["provider"]),
    model: asText(body["model"]),
    usage: { input: asCount(usage["input"]), output: asCount(usage["output"]) },
  };
}

function textOf(content: unknown): string {
  if (!Array.isArray(content)) return asText(content) ?? "";
  return content.map((block: unknown) => (isRecord(block) ? (asText(block["text"]) ?? "") : "")).join("");
}

const asText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const asCount = (value: unknown): number => (typeof value === "number" ? value : 0);
