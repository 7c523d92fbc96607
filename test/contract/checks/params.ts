import { check, type ContractCheck, type ContractGroup } from "../contract-check.ts";

/** A request that must be refused with one sentence; the connection goes on. */
function rejects(name: string, request: { method: string; params?: unknown }, message: string): ContractCheck {
  return check(name, async (visit, expect) => {
    const { client } = await visit.operator();
    const answer = await client.request(request.method, request.params ?? {});
    expect(answer.error).toMatchObject({ code: "INVALID_REQUEST", message });
    expect((await client.request("health")).ok).toBe(true);
  });
}

const session = { sessionKey: "agent:main:contract-params" };
const send = { ...session, message: "x", idempotencyKey: "contract-params" };

export const params: ContractGroup = {
  about: "bad requests",
  checks: [
    rejects("an unknown method is named", { method: "no.such" }, "unknown method: no.such"),
    rejects("__proto__ is no method", { method: "__proto__" }, "unknown method: __proto__"),
    rejects("constructor is no method", { method: "constructor" }, "unknown method: constructor"),
    rejects("methods are written in their own case", { method: "Health" }, "unknown method: Health"),
    rejects(
      "chat.history needs a session",
      { method: "chat.history" },
      "invalid chat.history params: must have required property 'sessionKey'",
    ),
    rejects(
      "chat.history takes an object",
      { method: "chat.history", params: [] },
      "invalid chat.history params: must be object",
    ),
    rejects(
      "chat.history takes no other fields",
      { method: "chat.history", params: { ...session, bogus: 1 } },
      "invalid chat.history params: at root: unexpected property 'bogus'",
    ),
    rejects(
      "chat.history takes a session key that is not empty",
      { method: "chat.history", params: { sessionKey: "" } },
      "invalid chat.history params: at /sessionKey: must not have fewer than 1 characters",
    ),
    rejects(
      "chat.history gives at least one row",
      { method: "chat.history", params: { ...session, limit: 0 } },
      "invalid chat.history params: at /limit: must be >= 1",
    ),
    rejects(
      "chat.history gives at most a thousand rows",
      { method: "chat.history", params: { ...session, limit: 1001 } },
      "invalid chat.history params: at /limit: must be <= 1000",
    ),
    rejects(
      "chat.history counts in whole rows",
      { method: "chat.history", params: { ...session, limit: 1.5 } },
      "invalid chat.history params: at /limit: must be integer",
    ),
    rejects(
      "chat.history starts at row 0 or later",
      { method: "chat.history", params: { ...session, offset: -1 } },
      "invalid chat.history params: at /offset: must be >= 0",
    ),
    rejects(
      "chat.send needs an idempotency key",
      { method: "chat.send", params: { ...session, message: "x" } },
      "invalid chat.send params: must have required property 'idempotencyKey'",
    ),
    rejects(
      "chat.send takes an idempotency key that is not empty",
      { method: "chat.send", params: { ...send, idempotencyKey: "" } },
      "invalid chat.send params: at /idempotencyKey: must not have fewer than 1 characters",
    ),
    rejects(
      "chat.send needs a message",
      { method: "chat.send", params: session },
      "invalid chat.send params: must have required property 'message'",
    ),
    rejects(
      "chat.send takes a text",
      { method: "chat.send", params: { ...send, message: 5 } },
      "invalid chat.send params: at /message: must be string",
    ),
    rejects(
      "chat.send takes a message with something in it",
      { method: "chat.send", params: { ...send, message: "   " } },
      "message or attachment required",
    ),
    rejects(
      "chat.send takes no null bytes",
      { method: "chat.send", params: { ...send, message: "a\u0000b" } },
      "message must not contain null bytes",
    ),
    rejects(
      "chat.send takes no other fields",
      { method: "chat.send", params: { ...send, bogus: 1 } },
      "invalid chat.send params: at root: unexpected property 'bogus'",
    ),
    rejects(
      "chat.abort needs a session",
      { method: "chat.abort" },
      "invalid chat.abort params: must have required property 'sessionKey'",
    ),
    rejects(
      "chat.abort takes a run id that is not empty",
      { method: "chat.abort", params: { ...session, runId: "" } },
      "invalid chat.abort params: at /runId: must not have fewer than 1 characters",
    ),
    rejects(
      "sessions.list gives at least one",
      { method: "sessions.list", params: { limit: 0 } },
      "invalid sessions.list params: at /limit: must be >= 1",
    ),
    rejects(
      "sessions.list takes no other fields",
      { method: "sessions.list", params: { bogus: 1 } },
      "invalid sessions.list params: at root: unexpected property 'bogus'",
    ),
    rejects(
      "sessions.subscribe takes no other fields",
      { method: "sessions.subscribe", params: { bogus: 1 } },
      "invalid sessions.subscribe params: at root: unexpected property 'bogus'",
    ),
  ],
};
