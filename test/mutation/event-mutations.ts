import { events, frames, garbled, isAnswer, isEvent, withGarbledPayload } from "./frames.ts";
import type { Mutation, WireFrame } from "./mutating-proxy.ts";

const CHAT = ["chat", "agent"];
const ROWS = ["session.message", "sessions.changed"];
const NODE = [
  "node.invoke.request",
  "node.invoke.cancel",
  "node.pair.requested",
  "node.pair.resolved",
  "node.hostStats",
];
const APPROVAL = ["exec.approval.requested", "exec.approval.resolved"];

/** What is told without being asked for, and what must not be told. */
export const eventMutations: readonly Mutation[] = [
  frames("secrets leak", isAnswer, (frame) => [{ ...frame, payload: leaking(frame["payload"]) }]),
  frames("events go to everyone", isEvent, (frame, socket) => (socket.leak(frame), [frame])),
  frames("a run goes on after its end", isEnd, (frame, socket) => {
    const payload = { ...(frame["payload"] as WireFrame), state: "final" };
    setTimeout(() => socket.inject({ ...frame, payload }), 20);
    return [frame];
  }),
  events("chat comes twice", CHAT, (frame) => [frame, frame]),
  events("chat has no order", CHAT, (frame) => [
    { ...frame, payload: { ...(frame["payload"] as WireFrame), seq: Math.random(), agentId: "x" } },
  ]),
  events("chat says something else", CHAT, (frame) => [{ ...frame, payload: withText(frame["payload"]) }]),
  renumbered("a number is left out", 1),
  renumbered("a number is used twice", -1),
  events("rows are others", ROWS, withGarbledPayload),
  events("rows are not sent", ROWS, () => []),
  events("presence has no version", ["presence"], ({ stateVersion: _version, ...frame }) => [frame]),
  events("presence is not told", ["presence"], () => []),
  events("nodes are asked something else", NODE, withGarbledPayload),
  events("nodes are not asked", NODE, () => []),
  events("approvals are others", APPROVAL, withGarbledPayload),
  events("approvals are not told", APPROVAL, () => []),
  events("wake words are others", ["voicewake.changed"], (frame) => [{ ...frame, seq: 1, payload: { triggers: "x" } }]),
  events("changes of the config and of devices are not told", ["config.changed", "device.pair.changed"], () => []),
];

/** The end of a run, as its chat tells it. */
function isEnd(frame: WireFrame): boolean {
  const state = (frame["payload"] as WireFrame | undefined)?.["state"];
  return isEvent(frame, "chat") && (state === "aborted" || state === "final");
}

/** Later frames are numbered as if one had been lost, or said twice. */
function renumbered(name: string, by: number): Mutation {
  const isLater = ({ seq }: WireFrame): boolean => typeof seq === "number" && seq > 1;
  return frames(name, isLater, (frame) => [{ ...frame, seq: Number(frame["seq"]) + by }]);
}

const withText = (payload: unknown): unknown => {
  const { message, deltaText, data, ...rest } = payload as WireFrame;
  return { ...rest, deltaText: garbled(deltaText), data: garbled(data), message: garbled(message) };
};

/** What a careless Gateway would show beside everything else. */
const leaking = (payload: unknown): unknown =>
  typeof payload === "object" && payload !== null && !Array.isArray(payload)
    ? { ...payload, leaked: "stub-key", token: "A".repeat(43) }
    : payload;
