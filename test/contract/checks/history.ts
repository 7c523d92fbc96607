import { randomUUID } from "node:crypto";
import type { HistoryPage, Message } from "../../support/wire-shapes.ts";
import { check, type ContractGroup } from "../contract-check.ts";
import { ENDLESS, reached } from "../run-events.ts";
import { textOf, type Visit } from "../visit.ts";

/** A session with three turns: six rows. */
async function threeTurns(visit: Visit) {
  const { client } = await visit.operator();
  const sessionKey = visit.sessionKey();
  for (const message of ["one", "two", "three"]) await visit.turn(client, sessionKey, message);
  return { client, sessionKey };
}

const asked = (page: { readonly messages: readonly Message[] }): string[] =>
  page.messages.filter((row) => row.role === "user").map(textOf);

export const history: ContractGroup = {
  about: "history",
  checks: [
    check("of a session that nobody used is empty, not an error", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const page = await client.call<HistoryPage>("chat.history", { sessionKey });
      expect(page).toMatchObject({
        sessionKey,
        messages: [],
        hasMore: false,
        totalMessages: 0,
        sessionInfo: { key: sessionKey, hasActiveRun: false },
      });
    }),
    check("keeps question and answer, oldest first, with their keys and their numbers", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const turn = await visit.turn(client, sessionKey, "remember me");
      const { messages } = await client.call<HistoryPage>("chat.history", { sessionKey });
      expect(messages).toHaveLength(2);
      expect(messages[0]).toMatchObject({
        role: "user",
        content: "remember me",
        idempotencyKey: `${turn.runId}:user`,
        __openclaw: { seq: 1 },
      });
      expect(messages[1]).toMatchObject({
        role: "assistant",
        content: [{ type: "text", text: turn.text }],
        stopReason: "stop",
        provider: "stub",
        model: "stub-1",
        __openclaw: { seq: 2, runId: turn.runId },
      });
      const [question, answer] = messages.map((row) => row["__openclaw"].id);
      expect(question).not.toBe(answer);
    }),
    check("counts tokens", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      await visit.turn(client, sessionKey, "how much");
      const { messages } = await client.call<HistoryPage>("chat.history", { sessionKey });
      expect(messages[1]?.usage).toMatchObject({
        input: expect.any(Number),
        output: expect.any(Number),
        totalTokens: expect.any(Number),
      });
      expect(messages[1]?.usage?.totalTokens).toBeGreaterThan(0);
    }),
    check("pages from the newest to the oldest, without a gap or a double", async (visit, expect) => {
      const { client, sessionKey } = await threeTurns(visit);
      const newest = await client.call<HistoryPage>("chat.history", { sessionKey, limit: 2 });
      expect(newest).toMatchObject({ hasMore: true, nextOffset: 2, totalMessages: 6 });
      const middle = await client.call<HistoryPage>("chat.history", {
        sessionKey,
        limit: 2,
        offset: newest.nextOffset,
      });
      expect(middle).toMatchObject({ offset: 2, hasMore: true, nextOffset: 4, totalMessages: 6 });
      const oldest = await client.call<HistoryPage>("chat.history", {
        sessionKey,
        limit: 2,
        offset: middle.nextOffset,
      });
      expect(oldest).toMatchObject({ offset: 4, hasMore: false, totalMessages: 6 });
      expect(oldest.nextOffset).toBeUndefined();
      expect([...asked(oldest), ...asked(middle), ...asked(newest)]).toEqual(["one", "two", "three"]);
    }),
    check("gives a short last page", async (visit, expect) => {
      const { client, sessionKey } = await threeTurns(visit);
      const page = await client.call<HistoryPage>("chat.history", { sessionKey, limit: 4, offset: 4 });
      expect(page).toMatchObject({ offset: 4, hasMore: false });
      expect(asked(page)).toEqual(["one"]);
    }),
    check("beyond its beginning is empty", async (visit, expect) => {
      const { client, sessionKey } = await threeTurns(visit);
      const page = await client.call<HistoryPage>("chat.history", { sessionKey, offset: 100 });
      expect(page).toMatchObject({ messages: [], offset: 100, hasMore: false, totalMessages: 6 });
    }),
    check("comes whole when the limit allows", async (visit, expect) => {
      const { client, sessionKey } = await threeTurns(visit);
      const page = await client.call<HistoryPage>("chat.history", { sessionKey, limit: 1000 });
      expect(page).toMatchObject({ hasMore: false, totalMessages: 6 });
      expect(page.messages).toHaveLength(6);
    }),
    check("cuts long rows when asked to, and marks them", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const long = "a long question ".repeat(10).trim();
      await visit.turn(client, sessionKey, long);
      const { messages } = await client.call<HistoryPage>("chat.history", { sessionKey, maxChars: 20 });
      expect(textOf(messages[0])).toBe(`${long.slice(0, 20)}\n...(truncated)...`);
      expect(messages[0]).toMatchObject({ __openclaw: { truncated: true, reason: "display-cap" } });
    }),
    check("knows the running answer and its text so far", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const runId = randomUUID();
      await client.call("chat.send", { sessionKey, message: ENDLESS, idempotencyKey: runId });
      await client.event("chat", reached(runId, "delta"), {
        timeoutMs: 60_000,
      });
      const page = await client.call<HistoryPage>("chat.history", { sessionKey });
      expect(page.inFlightRun).toMatchObject({ runId, startedAt: expect.any(Number) });
      expect(page.inFlightRun?.text).not.toBe("");
      expect(page.sessionInfo.hasActiveRun).toBe(true);
      await client.call("chat.abort", { sessionKey, runId });
    }),
    check("keeps what an aborted run had said", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const runId = randomUUID();
      await client.call("chat.send", { sessionKey, message: ENDLESS, idempotencyKey: runId });
      await client.event("chat", reached(runId, "delta"), {
        timeoutMs: 60_000,
      });
      await client.call("chat.abort", { sessionKey, runId });
      const aborted = await client.event("chat", reached(runId, "aborted"));
      const { messages, inFlightRun } = await client.call<HistoryPage>("chat.history", { sessionKey });
      expect(inFlightRun).toBeUndefined();
      expect(messages.at(-1)).toMatchObject({
        role: "assistant",
        openclawAbort: { aborted: true, origin: "rpc", runId },
      });
      expect(textOf(messages.at(-1))).toBe(textOf(aborted.payload.message));
    }),
    check("chat.startup brings the history and what a chat needs to begin", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      await visit.turn(client, sessionKey, "good morning");
      const startup = await client.call<HistoryPage>("chat.startup", { sessionKey });
      expect(startup).toMatchObject({ sessionKey, hasMore: false, totalMessages: 2, sessionInfo: { key: sessionKey } });
      expect(asked(startup)).toEqual(["good morning"]);
      expect(startup.defaults).toMatchObject({ modelProvider: "stub", model: "stub-1" });
    }),
    check("the short name of the main session means the main session", async (visit, expect) => {
      const { client } = await visit.operator();
      const page = await client.call<HistoryPage>("chat.history", { sessionKey: "main" });
      expect(page).toMatchObject({ sessionKey: "main", sessionInfo: { key: "agent:main:main", isMain: true } });
    }),
    check("survives any text: quotes, line ends, emoji, right-to-left, four bytes", async (visit, expect) => {
      const { client } = await visit.operator();
      const sessionKey = visit.sessionKey();
      const message = `"it's" \\n \n\t<b>&amp;</b> 你好 👩‍👩‍👧 שלום \u2028 𝕆`;
      await visit.turn(client, sessionKey, message);
      const { messages } = await client.call<HistoryPage>("chat.history", { sessionKey });
      expect(textOf(messages[0])).toBe(message);
    }),
  ],
};
