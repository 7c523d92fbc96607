import { randomUUID } from "node:crypto";
import type { HistoryPage } from "../../support/wire-shapes.ts";
import { check, type ContractGroup } from "../contract-check.ts";
import { reached } from "../run-events.ts";

export const idempotency: ContractGroup = {
  about: "one idempotency key",
  checks: [
    check("sent again while the run is going is in flight, and starts nothing", async (visit, expect) => {
      const { client } = await visit.operator();
      const idempotencyKey = randomUUID();
      const send = { sessionKey: visit.sessionKey(), message: "[slow 50]", idempotencyKey };
      await client.call("chat.send", send);
      expect(await client.call("chat.send", send)).toEqual({ runId: idempotencyKey, status: "in_flight" });
      await client.event("chat", reached(idempotencyKey, "final"), { timeoutMs: 60_000 });
      expect(client.events("chat", reached(idempotencyKey, "final"))).toHaveLength(1);
    }),
    check("sent again after the run is ok, and says nothing twice", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const { runId } = await visit.turn(client, sessionKey, "once");
      expect(await client.call("chat.send", { sessionKey, message: "once", idempotencyKey: runId })).toEqual({
        runId,
        status: "ok",
      });
      const { messages } = await client.call<HistoryPage>("chat.history", { sessionKey });
      expect(messages.map((row) => row.role)).toEqual(["user", "assistant"]);
    }),
    check("sent again from another socket is the same", async (visit, expect) => {
      const { client } = await visit.operator();
      const other = await visit.operator();
      const sessionKey = visit.sessionKey();
      const { runId } = await visit.turn(client, sessionKey, "from anywhere");
      const answer = await other.client.call("chat.send", {
        sessionKey,
        message: "from anywhere",
        idempotencyKey: runId,
      });
      expect(answer).toEqual({ runId, status: "ok" });
    }),
    check("with another body is a conflict", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const { runId } = await visit.turn(client, sessionKey, "the body");
      const answer = await client.request("chat.send", { sessionKey, message: "another body", idempotencyKey: runId });
      expect(answer.error).toMatchObject({ code: "INVALID_REQUEST", details: { reason: "chat-request-conflict" } });
      const { totalMessages } = await client.call<HistoryPage>("chat.history", { sessionKey });
      expect(totalMessages).toBe(2);
    }),
  ],
};
