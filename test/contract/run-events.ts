import type { AgentPayload, ChatPayload } from "../support/wire-shapes.ts";

/** A question whose answer is still coming, for a minute, whenever a check looks at it: it ends by being aborted. */
export const ENDLESS = "[slow 600]";

/** Picks the `chat` events of one run. */
export const ofRun = (runId: string) => (payload: ChatPayload) => payload.runId === runId;

/** Picks the `agent` events of one run. */
export const ofAgentRun = (runId: string) => (payload: AgentPayload) => payload.runId === runId;

/** Picks the `chat` events in which one run reached a state. */
export const reached = (runId: string, state: ChatPayload["state"]) => (payload: ChatPayload) =>
  payload.runId === runId && payload.state === state;
