import { randomUUID } from "node:crypto";
import type { EventFrame, RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { check, type ContractGroup } from "../contract-check.ts";
import type { AgentPayload, ChatPayload } from "../../support/wire-shapes.ts";
import { ENDLESS, ofAgentRun, ofRun, reached } from "../run-events.ts";
import { textOf, type Visit } from "../visit.ts";

/** Starts an answer and waits for its first words. */
async function begin(client: RawGatewayClient, sessionKey: string, message = ENDLESS): Promise<string> {
  const runId = randomUUID();
  await client.call("chat.send", { sessionKey, message, idempotencyKey: runId });
  await client.event("chat", reached(runId, "delta"), { timeoutMs: 60_000 });
  return runId;
}

async function wholeTurn(
  visit: Visit,
  message: string,
): Promise<{
  client: RawGatewayClient;
  key: string;
  runId: string;
  chat: EventFrame<ChatPayload>[];
  agent: EventFrame<AgentPayload>[];
}> {
  const { client } = await visit.operator();
  const key = visit.sessionKey();
  const { runId } = await visit.turn(client, key, message);
  return {
    client,
    key,
    runId,
    chat: client.events("chat", ofRun(runId)),
    agent: client.events("agent", ofAgentRun(runId)),
  };
}

export const chat: ContractGroup = {
  about: "chat",
  checks: [
    check(
      "chat.send answers at once: the run has the idempotency key's name and was started",
      async (visit, expect) => {
        const { client } = await visit.operator();
        const runId = randomUUID();
        const answer = await client.call("chat.send", {
          sessionKey: visit.sessionKey(),
          message: "hi",
          idempotencyKey: runId,
        });
        expect(answer).toEqual({ runId, status: "started" });
        await client.event("chat", reached(runId, "final"), {
          timeoutMs: 60_000,
        });
      },
    ),
    check("an answer comes as deltas and one final, in order", async (visit, expect) => {
      const { chat: events } = await wholeTurn(visit, "in order please");
      const states = events.map((event) => event.payload.state).filter((state) => state !== "status");
      expect(states.at(-1)).toBe("final");
      expect(states.slice(0, -1).length).toBeGreaterThan(0);
      expect(states.slice(0, -1).every((state) => state === "delta")).toBe(true);
    }),
    check("every delta carries the new text and all text so far", async (visit, expect) => {
      const { chat: events } = await wholeTurn(visit, "add it up");
      let text = "";
      for (const { payload } of events.filter((event) => event.payload.state === "delta")) {
        text += payload.deltaText;
        expect(textOf(payload.message)).toBe(text);
        expect(payload.message.role).toBe("assistant");
      }
      const final = events.at(-1)?.payload;
      expect(final).toMatchObject({ state: "final", stopReason: "stop" });
      expect(textOf(final?.message)).toBe(text);
    }),
    check("the numbers of a run's events never fall, and belong to the run and its session", async (visit, expect) => {
      const { chat: events, key } = await wholeTurn(visit, "count");
      const numbers = events.map((event) => event.payload.seq);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      for (const { payload } of events) expect(payload).toMatchObject({ sessionKey: key, agentId: "main" });
    }),
    check("the agent's life is told: start, the assistant's text, end", async (visit, expect) => {
      const { agent } = await wholeTurn(visit, "live");
      const steps = agent.map(({ payload }) => (payload.stream === "lifecycle" ? payload.data.phase : payload.stream));
      const [start, text, end] = [steps.indexOf("start"), steps.indexOf("assistant"), steps.lastIndexOf("end")];
      expect(start).toBeGreaterThanOrEqual(0);
      expect(text).toBeGreaterThan(start);
      expect(end).toBeGreaterThan(text);
    }),
    check("agent events add the text up as chat events do", async (visit, expect) => {
      const { agent } = await wholeTurn(visit, "sum");
      let text = "";
      for (const { payload } of agent.filter((event) => event.payload.stream === "assistant")) {
        text += payload.data.delta;
        expect(payload.data.text).toBe(text);
      }
      expect(text).not.toBe("");
    }),
    check("every reader hears a run, whoever started it", async (visit, expect) => {
      const { client } = await visit.operator();
      const reader = await visit.operator({ scopes: ["operator.read"] });
      const { runId } = await visit.turn(client, visit.sessionKey(), "tell all");
      await reader.client.event("chat", reached(runId, "final"));
      expect(reader.client.events("agent", ofAgentRun(runId)).length).toBeGreaterThan(0);
    }),
    check("who may not read hears nothing", async (visit, expect) => {
      const { client } = await visit.operator();
      const deaf = await visit.operator({ identity: null });
      await visit.turn(client, visit.sessionKey(), "whisper");
      await deaf.client.ping();
      expect(
        deaf.client.frames.filter(
          (frame) => frame.type === "event" && (frame.event === "chat" || frame.event === "agent"),
        ),
      ).toEqual([]);
    }),
    check("two sessions answer at the same time and do not mix", async (visit, expect) => {
      const { client } = await visit.operator();
      const [one, two] = [visit.sessionKey(), visit.sessionKey()];
      const turns = await Promise.all([visit.turn(client, one, "speak alpha"), visit.turn(client, two, "speak omega")]);
      expect(turns[0].runId).not.toBe(turns[1].runId);
      for (const [index, key] of [one, two].entries()) {
        const runId = turns[index]?.runId ?? "";
        for (const { payload } of client.events("chat", ofRun(runId))) expect(payload.sessionKey).toBe(key);
      }
    }),
    check("a run can be aborted: the event says so and keeps what was said", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      const runId = await begin(client, key);
      expect(await client.call("chat.abort", { sessionKey: key, runId })).toEqual({
        ok: true,
        aborted: true,
        runIds: [runId],
      });
      const event = await client.event("chat", reached(runId, "aborted"));
      expect(event.payload).toMatchObject({ stopReason: "rpc", message: { role: "assistant" } });
      expect(textOf(event.payload.message)).not.toBe("");
    }),
    check("after an abort no delta and no final of that run comes", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      const runId = await begin(client, key);
      await client.call("chat.abort", { sessionKey: key, runId });
      await client.event("chat", reached(runId, "aborted"));
      const { runId: next } = await visit.turn(client, key, "and now");
      const states = client.events("chat", ofRun(runId)).map((event) => event.payload.state);
      expect(states.at(-1)).toBe("aborted");
      expect(states).not.toContain("final");
      expect(next).not.toBe(runId);
    }),
    check("an abort without a run id stops what the session is doing", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      const runId = await begin(client, key);
      expect(await client.call("chat.abort", { sessionKey: key })).toEqual({
        ok: true,
        aborted: true,
        runIds: [runId],
      });
    }),
    check("another operator may abort", async (visit, expect) => {
      const { client } = await visit.operator();
      const other = await visit.operator();
      const key = visit.sessionKey();
      const runId = await begin(client, key);
      expect(await other.client.call("chat.abort", { sessionKey: key, runId })).toMatchObject({
        aborted: true,
        runIds: [runId],
      });
      await client.event("chat", reached(runId, "aborted"));
    }),
    check("an abort of nothing is not an error", async (visit, expect) => {
      const { client } = await visit.operator();
      const nothing = { ok: true, aborted: false, runIds: [] };
      expect(await client.call("chat.abort", { sessionKey: visit.sessionKey() })).toEqual(nothing);
      expect(await client.call("chat.abort", { sessionKey: visit.sessionKey(), runId: "nope" })).toEqual(nothing);
    }),
    check("a run outlives the socket that started it", async (visit, expect) => {
      const starter = await visit.operator();
      const watcher = await visit.operator();
      const key = visit.sessionKey();
      const runId = await begin(starter.client, key, "[slow 20]");
      await starter.client.close();
      const final = await watcher.client.event("chat", reached(runId, "final"), {
        timeoutMs: 60_000,
      });
      expect(textOf(final.payload.message)).toMatch(/slow19/);
    }),
  ],
};
