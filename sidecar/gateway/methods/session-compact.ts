import { type Compaction, CompactionError, compactSession } from "../../agent/compact.ts";
import { integer, nonEmpty, object } from "../schema.ts";
import { canonicalSessionKey, requireAgent } from "../session-keys.ts";
import { invalid, unavailable } from "../wire.ts";
import { type MethodContext, method } from "./method.ts";

/** Makes a long session short for the model. */
export const sessionCompactMethods = [
  method({
    name: "sessions.compact",
    scope: "operator.admin",
    params: object({ key: nonEmpty }, { agentId: nonEmpty, maxLines: integer({ min: 1 }) }),
    async call(params, { runs }) {
      requireAgent(params.agentId);
      const key = canonicalSessionKey(params.key);
      if (runs.active.first(key) !== undefined)
        throw invalid(`Session ${key} has an active run; retry after it finishes.`);
      const { summary, ...outcome } = { summary: undefined, ...(await compact(key, params.maxLines, runs)) };
      return { ok: true, key, ...outcome, ...(summary === undefined ? {} : { result: { summary } }) };
    },
  }),
];

async function compact(key: string, keep: number | undefined, runs: MethodContext["runs"]): Promise<Compaction> {
  try {
    return await compactSession(key, keep, runs);
  } catch (error) {
    if (error instanceof CompactionError) throw unavailable(error.message, 5_000);
    throw error;
  }
}
