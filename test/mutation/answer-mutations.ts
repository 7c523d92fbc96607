import { type Change, frames, garbled, isAnswer, isEvent, isHello, withGarbledPayload } from "./frames.ts";
import type { Mutation, WireFrame } from "./mutating-proxy.ts";

const refused = (name: string, change: Change): Mutation =>
  frames(name, (frame) => isAnswer(frame) && frame["ok"] === false, change);
const granted = (name: string, change: Change): Mutation =>
  frames(name, (frame) => isAnswer(frame) && frame["ok"] === true, change);

/** What is answered to a request. */
export const answerMutations: readonly Mutation[] = [
  {
    name: "requests are sent twice",
    request: (frame) =>
      frame["method"] === "connect"
        ? [frame]
        : [frame, { ...frame, id: `${String(frame["id"])}-again`, params: anew(frame["params"]) }],
  },
  frames("answers come twice", isAnswer, (frame) => [frame, frame]),
  frames("noise is answered", isAnswer, (frame, socket) => {
    socket.inject({ type: "res", id: "invalid", ok: false, error: { code: "WRONG", message: "noise" } });
    return [frame];
  }),
  refused("what is refused is granted", (frame) => [{ ...frame, ok: true, payload: {}, error: undefined }]),
  refused("errors have no details", (frame) => withError(frame, ({ details: _details, ...error }) => error)),
  refused("errors have another message", (frame) =>
    withError(frame, (error) => ({ ...error, message: `${String(error["message"])}~` })),
  ),
  refused("errors have another code", (frame) => withError(frame, (error) => ({ ...error, code: "WRONG" }))),
  granted("answers have other values", withGarbledPayload),
  granted("answers are empty", (frame) => [{ ...frame, payload: Array.isArray(frame["payload"]) ? [] : {} }]),
  granted("what is granted is refused", (frame) => [{ ...frame, ok: false, error: { code: "WRONG", message: "no" } }]),
];

/** Everything before the first request, and the end. */
export const doorMutations: readonly Mutation[] = [
  ...["auth", "snapshot", "policy", "features", "server", "protocol"].map(hello),
  frames(
    "the challenge is always the same, long ago, and numbered",
    (frame) => isEvent(frame, "connect.challenge"),
    (frame) => [{ ...frame, seq: 1, payload: { nonce: "same", ts: 1 } }],
  ),
  { name: "who is refused is let in", request: (frame) => [asOwner(frame)] },
  { name: "refused upgrades have another status", refusal: () => 418 },
  { name: "closes have another code", close: (_code, reason) => ({ code: 4999, reason }) },
  { name: "closes have another reason", close: (code, reason) => ({ code, reason: `${reason}~`.slice(-100) }) },
  { name: "HTTP says something else", http: () => '{"ok":false,"ready":false}' },
  { name: "pings are not answered", pong: false },
];

function hello(part: string): Mutation {
  return frames(`hello-ok has another ${part}`, isHello, (frame) => {
    const payload = frame["payload"] as WireFrame;
    return [{ ...frame, payload: { ...payload, [part]: garbled(payload[part]) } }];
  });
}

const withError = (frame: WireFrame, change: (error: WireFrame) => unknown): readonly WireFrame[] => [
  { ...frame, error: change((frame["error"] ?? {}) as WireFrame) },
];

/** The same question as a new one. */
const anew = (params: unknown): unknown =>
  typeof params === "object" && params !== null && "idempotencyKey" in params
    ? { ...params, idempotencyKey: `${String(params.idempotencyKey)}-again` }
    : params;

const ALL_SCOPES = ["operator.read", "operator.write", "operator.admin", "operator.approvals", "operator.pairing"];

/** A connect as somebody who may do everything, and who needs no device. */
function asOwner(frame: WireFrame): WireFrame {
  if (frame["method"] !== "connect") return frame;
  const { device: _device, ...params } = frame["params"] as WireFrame;
  const client = { id: "cli", version: "1", platform: "linux", mode: "cli" };
  return {
    ...frame,
    params: { ...params, minProtocol: 4, maxProtocol: 4, client, role: "operator", scopes: ALL_SCOPES },
  };
}
