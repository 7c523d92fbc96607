import type { Failure } from "../errors/failure.ts";
import type { Hello } from "../gateway/hello.ts";
import { type Ladder, type LadderEvent, climb, emptyLadder } from "../ladder/steps.ts";

/** Where a connection stands. `generation` counts attempts; what belongs to an older one is dropped. */
export type ConnectionState =
  | { readonly phase: "disconnected"; readonly generation: number }
  | { readonly phase: "connecting"; readonly generation: number; readonly ladder: Ladder; readonly attempt: number }
  | {
      readonly phase: "connected";
      readonly generation: number;
      readonly ladder: Ladder;
      readonly server: ServerFacts;
      /** Last measured round trip, milliseconds. */
      readonly roundTripMs: number | undefined;
      /** Consecutive health polls that went wrong; two make the connection degraded. */
      readonly badPolls: number;
    }
  | {
      readonly phase: "waiting";
      readonly generation: number;
      readonly ladder: Ladder;
      readonly failure: Failure;
      readonly attempt: number;
      /** When the next attempt starts, milliseconds since the epoch. */
      readonly retryAt: number;
    }
  | { readonly phase: "failed"; readonly generation: number; readonly ladder: Ladder; readonly failure: Failure };

/** What the Gateway said of itself in its hello. */
export type ServerFacts = Hello;

export type ConnectionAction =
  | { readonly type: "start"; readonly generation: number; readonly attempt: number }
  | { readonly type: "ladder"; readonly generation: number; readonly event: LadderEvent }
  /** `ladder` is that of the climb when it was not told event by event. */
  | {
      readonly type: "connected";
      readonly generation: number;
      readonly server: ServerFacts;
      readonly ladder?: Ladder;
    }
  | { readonly type: "measured"; readonly generation: number; readonly roundTripMs: number }
  | { readonly type: "polled"; readonly generation: number; readonly ok: boolean }
  | {
      readonly type: "wait";
      readonly generation: number;
      readonly failure: Failure;
      readonly retryAt: number;
      readonly attempt: number;
    }
  | { readonly type: "fail"; readonly generation: number; readonly failure: Failure }
  | { readonly type: "stop"; readonly generation: number };

export const initialState: ConnectionState = { phase: "disconnected", generation: 0 };

const ladderOf = (state: ConnectionState): Ladder => (state.phase === "disconnected" ? emptyLadder : state.ladder);

/** Pure. An action of an older generation changes nothing. */
export function reduceConnection(state: ConnectionState, action: ConnectionAction): ConnectionState {
  if (action.generation < state.generation) return state;
  const { generation } = action;
  switch (action.type) {
    case "start":
      return { phase: "connecting", generation, ladder: emptyLadder, attempt: action.attempt };
    case "ladder":
      return state.phase === "disconnected" ? state : { ...state, ladder: climb(state.ladder, action.event) };
    case "connected":
      return {
        phase: "connected",
        generation,
        ladder: action.ladder ?? ladderOf(state),
        server: action.server,
        roundTripMs: undefined,
        badPolls: 0,
      };
    case "measured":
      return state.phase === "connected" ? { ...state, roundTripMs: action.roundTripMs } : state;
    case "polled":
      return state.phase === "connected" ? { ...state, badPolls: action.ok ? 0 : state.badPolls + 1 } : state;
    case "wait":
      return {
        phase: "waiting",
        generation,
        ladder: ladderOf(state),
        failure: action.failure,
        attempt: action.attempt,
        retryAt: action.retryAt,
      };
    case "fail":
      return { phase: "failed", generation, ladder: ladderOf(state), failure: action.failure };
    case "stop":
      return { phase: "disconnected", generation };
  }
}
