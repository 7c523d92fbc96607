import type { RawGatewayClient, ResFrame } from "../../support/raw-gateway-client.ts";
import { check, type ContractCheck, type ContractGroup } from "../contract-check.ts";

const MAX_PAYLOAD = 26_214_400;

/** A malformed frame after the handshake: one answer that says what is wrong, and the connection goes on. */
function answers(
  name: string,
  send: (client: RawGatewayClient) => void,
  expected: { id: string; message: RegExp },
): ContractCheck {
  return check(name, async (visit, expect) => {
    const { client } = await visit.operator();
    send(client);
    const answer = await client.response(expected.id);
    expect(answer.error?.code).toBe("INVALID_REQUEST");
    expect(answer.error?.message).toMatch(expected.message);
    expect((await client.request("health")).ok).toBe(true);
  });
}

/** Noise after the handshake: no answer at all, and the connection goes on. */
function ignores(name: string, send: (client: RawGatewayClient) => void): ContractCheck {
  return check(name, async (visit, expect) => {
    const { client } = await visit.operator();
    const before = client.frames.length;
    send(client);
    const health = await client.request("health");
    expect(health.ok).toBe(true);
    const others = client.frames
      .slice(before)
      .filter((frame): frame is ResFrame => frame.type === "res" && frame !== health);
    expect(others).toEqual([]);
  });
}

/** The wrong first word: the Gateway hangs up. */
function hangsUp(
  name: string,
  send: (client: RawGatewayClient) => void,
  closing: { code: number; reason: string },
): ContractCheck {
  return check(name, async (visit, expect) => {
    const client = await visit.open();
    await client.challenge();
    send(client);
    expect(await client.closed).toEqual(closing);
    expect(client.frames.filter((frame) => frame.type === "res" && frame.ok)).toEqual([]);
  });
}

const request = (over: Record<string, unknown>): Record<string, unknown> => ({
  type: "req",
  id: "f1",
  method: "health",
  params: {},
  ...over,
});

export const frames: ContractGroup = {
  about: "frames",
  checks: [
    hangsUp("a first frame that is not JSON is hung up on", (client) => client.sendText("hello"), {
      code: 1000,
      reason: "",
    }),
    hangsUp("a first frame that is binary noise is hung up on", (client) => client.sendBinary(Uint8Array.of(1, 2, 3)), {
      code: 1000,
      reason: "",
    }),
    hangsUp("a first frame that is an event is hung up on", (client) => client.send({ type: "event", event: "x" }), {
      code: 1008,
      reason: "invalid request frame",
    }),
    hangsUp(
      "an oversized first frame is hung up on",
      (client) => client.send(request({ method: "connect", params: { pad: "x".repeat(70_000) } })),
      {
        code: 1009,
        reason: "",
      },
    ),
    check("a request before connect is refused and hung up on", async (visit, expect) => {
      const client = await visit.open();
      await client.challenge();
      const message = "invalid handshake: first request must be connect";
      const answer = await client.request("health");
      expect(answer.error).toMatchObject({ code: "INVALID_REQUEST", message });
      expect(await client.closed).toEqual({ code: 1008, reason: message });
    }),
    ignores("text that is not JSON is ignored after the handshake", (client) => client.sendText("not json")),
    ignores("an empty frame is ignored after the handshake", (client) => client.sendText("")),
    ignores("binary noise is ignored after the handshake", (client) =>
      client.sendBinary(Uint8Array.of(255, 254, 0, 1)),
    ),
    check("a request in a binary frame is answered", async (visit, expect) => {
      const { client } = await visit.operator();
      client.sendBinary(Buffer.from(JSON.stringify(request({ id: "binary" }))));
      expect((await client.response("binary")).ok).toBe(true);
    }),
    answers("null is no request frame", (client) => client.sendText("null"), {
      id: "invalid",
      message: /^invalid request frame: must be object/,
    }),
    answers("a list is no request frame", (client) => client.sendText("[]"), {
      id: "invalid",
      message: /^invalid request frame: must be object/,
    }),
    answers("a request needs an id", (client) => client.send({ type: "req", method: "health" }), {
      id: "invalid",
      message: /^invalid request frame: must have required property 'id'/,
    }),
    answers("a request needs an id that is not empty", (client) => client.send(request({ id: "" })), {
      id: "",
      message: /^invalid request frame: at \/id: must not have fewer than 1 characters/,
    }),
    answers("a request needs a method", (client) => client.send({ type: "req", id: "f1" }), {
      id: "f1",
      message: /^invalid request frame: must have required property 'method'/,
    }),
    answers("a method is a text", (client) => client.send(request({ method: 4 })), {
      id: "f1",
      message: /^invalid request frame: at \/method: must be string/,
    }),
    answers("a request has no other fields", (client) => client.send(request({ bogus: 1 })), {
      id: "f1",
      message: /^invalid request frame: at root: unexpected property 'bogus'/,
    }),
    answers("a client does not send answers", (client) => client.send({ type: "res", id: "f1", ok: true }), {
      id: "f1",
      message: /^invalid request frame: /,
    }),
    answers("a client does not send events", (client) => client.send({ type: "event", event: "x" }), {
      id: "invalid",
      message: /^invalid request frame: /,
    }),
    check("one id used twice is answered twice", async (visit, expect) => {
      const { client } = await visit.operator();
      const isAnswer = (frame: { type: string; id?: string }): boolean => frame.type === "res" && frame.id === "twice";
      client.send(request({ id: "twice" }));
      client.send(request({ id: "twice" }));
      await client.find("two answers", () => (client.frames.filter(isAnswer).length === 2 ? true : undefined));
      expect(client.frames.filter(isAnswer)).toHaveLength(2);
    }),
    check("an id of 5,000 characters comes back whole", async (visit, expect) => {
      const { client } = await visit.operator();
      const id = "i".repeat(5_000);
      client.send(request({ id }));
      expect((await client.response(id)).ok).toBe(true);
    }),
    check("20,000 nested lists do not hurt", async (visit, expect) => {
      const { client } = await visit.operator();
      client.sendText(
        `{"type":"req","id":"deep","method":"health","params":${"[".repeat(20_000)}${"]".repeat(20_000)}}`,
      );
      await client.response("deep");
      expect((await client.request("health")).ok).toBe(true);
    }),
    check("a frame beyond maxPayload ends the connection, and only that one", async (visit, expect) => {
      const { client } = await visit.operator();
      const other = await visit.operator();
      client.send(request({ params: { pad: "x".repeat(MAX_PAYLOAD) } }));
      expect((await client.closed).code).toBe(1009);
      expect((await other.client.request("health")).ok).toBe(true);
    }),
    check("a frame of a megabyte is welcome", async (visit, expect) => {
      const { client } = await visit.operator();
      client.send(request({ id: "big", params: { pad: "x".repeat(1_000_000) } }));
      expect((await client.response("big")).ok).toBe(true);
    }),
    check("a hundred requests at once are all answered, each by its id", async (visit, expect) => {
      const { client } = await visit.operator();
      const answers = await Promise.all(Array.from({ length: 100 }, () => client.request("health")));
      expect(answers.every((answer) => answer.ok)).toBe(true);
      expect(new Set(answers.map((answer) => answer.id)).size).toBe(100);
    }),
    check("events are numbered from 1 without a gap, on every socket for itself", async (visit, expect) => {
      const { client } = await visit.operator();
      const other = await visit.operator();
      await visit.turn(client, visit.sessionKey(), "number the events");
      for (const each of [client, other.client]) {
        const numbers = each.frames.flatMap((frame) =>
          frame.type === "event" && frame.seq !== undefined ? [frame.seq] : [],
        );
        expect(numbers.length).toBeGreaterThan(0);
        expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      }
    }),
  ],
};
