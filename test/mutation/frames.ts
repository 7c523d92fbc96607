import type { Mutation, ProxySocket, WireFrame } from "./mutating-proxy.ts";

export type Change = (frame: WireFrame, socket: ProxySocket) => readonly WireFrame[];

const isRes = (frame: WireFrame): boolean => frame["type"] === "res";

export const isHello = (frame: WireFrame): boolean =>
  isRes(frame) && (frame["payload"] as { type?: unknown } | undefined)?.type === "hello-ok";

export const isEvent = (frame: WireFrame, ...names: readonly string[]): boolean =>
  frame["type"] === "event" && (names.length === 0 || names.includes(String(frame["event"])));

/** An answer that is no hello: a check that only fails because nobody gets in has proved nothing. */
export const isAnswer = (frame: WireFrame): boolean => isRes(frame) && !isHello(frame);

/** A mutation of the frames that `of` picks. */
export const frames = (name: string, of: (frame: WireFrame) => boolean, change: Change): Mutation => ({
  name,
  frame: (frame, socket) => (of(frame) ? change(frame, socket) : [frame]),
});

/** A mutation of some events, by their names. */
export const events = (name: string, names: readonly string[], change: Change): Mutation =>
  frames(name, (frame) => isEvent(frame, ...names), change);

/** Every value is another of its type. */
export function garbled(value: unknown): unknown {
  if (typeof value === "string") return `${value}~`;
  if (typeof value === "number") return -1 - value;
  if (typeof value === "boolean") return !value;
  if (value === null || value === undefined) return 0;
  if (Array.isArray(value)) return value.map(garbled);
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, garbled(child)]));
}

export const withGarbledPayload: Change = (frame) => [{ ...frame, payload: garbled(frame["payload"]) }];
