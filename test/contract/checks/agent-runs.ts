import { randomUUID } from "node:crypto";
import type { RawGatewayClient, ResFrame } from "../../support/raw-gateway-client.ts";
import { check, type ContractGroup } from "../contract-check.ts";
import { ENDLESS, reached } from "../run-events.ts";

const SLOW = { timeoutMs: 60_000 } as const;

/** Calls `agent` and gives all answers to it once there are `count`. */
async function run(client: RawGatewayClient, params: Record<string, unknown>, count = 2): Promise<ResFrame[]> {
  const id = randomUUID();
  client.send({ type: "req", id, method: "agent", params });
  const answers = (): ResFrame[] =>
    client.frames.filter((frame): frame is ResFrame => frame.type === "res" && frame.id === id);
  return client.find(`${count} answers`, () => (answers().length >= count ? answers() : undefined), SLOW);
}

export const agentRuns: ContractGroup = {
  about: "agent and agent.wait",
  checks: [
    check("agent answers twice: accepted, then the whole answer", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const runId = randomUUID();
      const [first, second] = await run(client, { sessionKey, message: "two answers", idempotencyKey: runId });
      expect(first?.payload).toMatchObject({ runId, sessionKey, agentId: "main", status: "accepted" });
      expect(second?.payload).toMatchObject({
        runId,
        status: "ok",
        summary: "completed",
        result: {
          payloads: [{ text: expect.stringContaining("two answers") }],
          meta: { durationMs: expect.any(Number), agentMeta: { provider: "stub", model: "stub-1" } },
        },
      });
    }),
    check("the same key again is answered once, with what came of it", async (visit, expect) => {
      const { client } = await visit.operator();
      const params = { sessionKey: visit.sessionKey(), message: "once only", idempotencyKey: randomUUID() };
      await run(client, params);
      const [again] = await run(client, params, 1);
      expect(again?.payload).toMatchObject({ runId: params.idempotencyKey, status: "ok" });
    }),
    check("without a session the run has one of its own", async (visit, expect) => {
      const { client } = await visit.operator();
      const runId = randomUUID();
      const [first] = await run(client, { message: "anywhere", idempotencyKey: runId });
      expect(first?.payload).toMatchObject({ status: "accepted" });
      const final = await client.event("chat", reached(runId, "final"), SLOW);
      expect(final.payload.sessionKey).toBe(`agent:main:explicit:${runId}`);
    }),
    check("a run that fails says so in both places", async (visit, expect) => {
      const { client } = await visit.operator();
      const runId = randomUUID();
      const [, second] = await run(client, {
        sessionKey: visit.sessionKey(),
        message: "[fail 400]",
        idempotencyKey: runId,
      });
      expect(second).toMatchObject({ ok: false, error: { code: "UNAVAILABLE" }, payload: { runId, status: "error" } });
    }),
    check("a run that is aborted is not an error", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const runId = randomUUID();
      const answers = run(client, { sessionKey, message: ENDLESS, idempotencyKey: runId });
      await client.event("chat", reached(runId, "delta"), SLOW);
      await client.call("chat.abort", { sessionKey, runId });
      const [, second] = await answers;
      expect(second).toMatchObject({ ok: true, payload: { runId, summary: "aborted", stopReason: "rpc" } });
    }),
    check("agent.wait waits for the end of any run", async (visit, expect) => {
      const { client } = await visit.operator();
      const runId = randomUUID();
      const send = { sessionKey: visit.sessionKey(), message: "[slow 5]", idempotencyKey: runId };
      await client.call("chat.send", send);
      const waited = await client.request("agent.wait", { runId, ...SLOW }, SLOW.timeoutMs);
      expect(waited.payload).toMatchObject({ runId, status: "ok", endedAt: expect.any(Number) });
      expect(client.events("chat", reached(runId, "final"))).toHaveLength(1);
    }),
    check("agent.wait gives up in time", async (visit, expect) => {
      const { client } = await visit.operator();
      expect(await client.call("agent.wait", { runId: "nobody", timeoutMs: 100 })).toEqual({
        runId: "nobody",
        status: "timeout",
      });
    }),
    check(
      "agent refuses an agent that is not here, and to deliver where nothing can be delivered",
      async (visit, expect) => {
        const { client } = await visit.operator();
        const base = { message: "x", idempotencyKey: randomUUID() };
        const refused = async (more: Record<string, unknown>) =>
          (await client.request("agent", { ...base, ...more })).error;
        expect((await refused({ agentId: "nope" }))?.message).toBe('invalid agent params: unknown agent id "nope"');
        expect((await refused({ sessionKey: visit.sessionKey(), deliver: true }))?.message).toMatch(
          /^Channel is required/,
        );
        expect((await refused({ bogus: 1 }))?.message).toMatch(/unexpected property 'bogus'/);
      },
    ),
    check("send has no channel to send to, and says which it cannot", async (visit, expect) => {
      const { client } = await visit.operator();
      const send = { to: "somebody", message: "x", idempotencyKey: randomUUID() };
      const refused = async (more: Record<string, unknown>) =>
        (await client.request("send", { ...send, ...more })).error;
      expect((await refused({}))?.message).toMatch(/^Error: Channel is required/);
      expect((await refused({ channel: "bogus" }))?.message).toBe("unsupported channel: bogus");
      expect((await refused({ channel: "webchat" }))?.message).toMatch(
        /^unsupported channel: webchat \(internal-only\)/,
      );
      expect((await refused({ message: "" }))?.message).toBe("invalid send params: text or media is required");
    }),
  ],
};
