import { answerMutations, doorMutations } from "./answer-mutations.ts";
import { eventMutations } from "./event-mutations.ts";
import { frames, isAnswer, isHello } from "./frames.ts";
import type { Mutation } from "./mutating-proxy.ts";

/** What would take as long as the Gateway's own clocks, brought about at once. */
export const clockMutations: readonly Mutation[] = [
  frames("a tick comes at once and says nothing", isHello, (frame) => [
    frame,
    { type: "event", event: "tick", payload: {} },
  ]),
  frames("a tick comes at once and is the last word", isHello, (frame, socket) => {
    setTimeout(() => socket.close(1001), 0);
    return [frame, { type: "event", event: "tick", payload: { ts: Date.now() }, seq: 1 }];
  }),
  { name: "sockets are hung up on at once", opened: (socket) => void setTimeout(() => socket.close(1000), 150) },
  frames("the connection ends after the first answer", isAnswer, (frame, socket) => {
    setTimeout(() => socket.close(1001), 0);
    return [frame];
  }),
];

/** One thing broken each: what only few checks can notice first, so that it is not left to what nobody can miss. */
export const MUTATIONS: readonly Mutation[] = [
  ...eventMutations,
  ...answerMutations,
  ...doorMutations,
  ...clockMutations,
];
