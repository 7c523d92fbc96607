import type { AgentPayload, ChatPayload } from "../support/wire-shapes.ts";

/** Picks the `chat` events of one run. */
export const ofRun = (runId: string) => (payload: ChatPayload) => payload.runId === runId;

/** Picks the `agent` events of one run. */
export const ofAgentRun = (runId: string) => (payload: AgentPayload) => payload.runId === runId;

/** Picks the `chat` events in which one run reached a state. */
export const reached = (runId: string, state: ChatPayload["state"]) => (payload: ChatPayload) =>
  payload.runId === runId && payload.state === state;
