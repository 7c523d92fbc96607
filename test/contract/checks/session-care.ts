import { randomUUID } from "node:crypto";
import type { HistoryPage, SessionRow } from "../../support/wire-shapes.ts";
import { check, type ContractGroup } from "../contract-check.ts";
import { ENDLESS, reached } from "../run-events.ts";
import { textOf, type Visit } from "../visit.ts";

interface Described {
  readonly session: (SessionRow & { readonly label?: string; readonly archived: boolean }) | null;
}

async function made(visit: Visit) {
  const { client } = await visit.operator();
  const key = visit.sessionKey();
  await client.call("sessions.create", { key });
  const described = async () => (await client.call<Described>("sessions.describe", { key })).session;
  const refused = async (method: string, params: unknown) => (await client.request(method, params)).error;
  return { client, key, described, refused };
}

export const sessionCare: ContractGroup = {
  about: "the care of sessions",
  checks: [
    check("a session can be made before anything is said in it", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      const answer = await client.call("sessions.create", { key });
      expect(answer).toMatchObject({ ok: true, key, sessionId: expect.any(String), runStarted: false });
      const { session } = await client.call<Described>("sessions.describe", { key });
      expect(session).toMatchObject({ key, kind: "direct", archived: false });
    }),
    check("a session can be made with its first question", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      const answer = await client.call<{ runId: string }>("sessions.create", { key, message: "begin" });
      expect(answer).toMatchObject({ runStarted: true, status: "started", runId: expect.any(String) });
      const final = await client.event("chat", reached(answer.runId, "final"), { timeoutMs: 60_000 });
      expect(textOf(final.payload.message)).toContain("begin");
    }),
    check("of a session that is not there nothing is said", async (visit, expect) => {
      const { client } = await visit.operator();
      expect(await client.call("sessions.describe", { key: visit.sessionKey() })).toEqual({ session: null });
    }),
    check("a label is set, taken once, and cleared", async (visit, expect) => {
      const { client, key, described, refused } = await made(visit);
      const label = `label ${randomUUID()}`;
      const answer = await client.call("sessions.patch", { key, label });
      expect(answer).toMatchObject({ ok: true, key, resolved: { modelProvider: "stub", model: "stub-1" } });
      expect(await described()).toMatchObject({ label });
      const taken = await refused("sessions.create", { key: visit.sessionKey(), label });
      expect(taken).toMatchObject({ message: `label already in use: ${label}` });
      await client.call("sessions.patch", { key, label: null });
      expect((await described())?.label).toBeUndefined();
      expect((await refused("sessions.patch", { key, label: "  " }))?.message).toBe("invalid label: empty");
    }),
    check("archiving wants to know which generation is meant", async (visit, expect) => {
      const { client, key, described, refused } = await made(visit);
      const bare = await refused("sessions.patch", { key, archived: true });
      expect(bare?.message).toBe(`expectedSessionId required for session lifecycle patch: ${key}`);
      const stale = await refused("sessions.patch", { key, archived: true, expectedSessionId: "another" });
      expect(stale).toMatchObject({ details: { reason: "session-changed" } });
      const expectedSessionId = (await described())?.sessionId;
      await client.call("sessions.patch", { key, archived: true, expectedSessionId });
      expect(await described()).toMatchObject({ archived: true });
    }),
    check("a reset empties the conversation and keeps the key", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      await visit.turn(client, key, "forget this");
      expect(await client.call("sessions.reset", { key })).toMatchObject({ ok: true, key });
      const { messages } = await client.call<HistoryPage>("chat.history", { sessionKey: key });
      expect(messages.filter((row) => row.role === "user")).toEqual([]);
      const stale = await client.request("sessions.reset", { key, expectedSessionId: "another" });
      expect(stale.error).toMatchObject({ details: { reason: "session-changed" } });
    }),
    check("a deleted session is gone, and deleting it again is not an error", async (visit, expect) => {
      const { client, key, described } = await made(visit);
      await client.call("sessions.subscribe", {});
      expect(await client.call("sessions.delete", { key })).toMatchObject({ ok: true, key, deleted: true });
      expect(await described()).toBeNull();
      const told = await client.event<{ sessionKey?: string; reason?: string }>(
        "sessions.changed",
        (each) => each.sessionKey === key && each.reason === "delete",
      );
      expect(told.payload).toMatchObject({ sessionId: expect.any(String) });
      expect(await client.call("sessions.delete", { key })).toMatchObject({ ok: true, deleted: false });
    }),
    check(
      "the main session cannot be deleted, nor one that is not archived by who may only do that",
      async (visit, expect) => {
        const { key, refused } = await made(visit);
        expect((await refused("sessions.delete", { key: "main" }))?.message).toBe(
          "Cannot delete the main session (agent:main:main).",
        );
        expect((await refused("sessions.delete", { key, archivedOnly: true }))?.message).toMatch(/is not archived/);
      },
    ),
    check("sessions.send asks in a session that is there, and only there", async (visit, expect) => {
      const { client, key, refused } = await made(visit);
      const runId = randomUUID();
      const answer = await client.call("sessions.send", { key, message: "sent", idempotencyKey: runId });
      expect(answer).toEqual({ runId, status: "started" });
      await client.event("chat", reached(runId, "final"), { timeoutMs: 60_000 });
      const nowhere = visit.sessionKey();
      expect((await refused("sessions.send", { key: nowhere, message: "x" }))?.message).toBe(
        `session not found: ${nowhere}`,
      );
    }),
    check("sessions.abort stops what is going on and says which run", async (visit, expect) => {
      const { client, key } = await made(visit);
      expect(await client.call("sessions.abort", { key })).toEqual({
        ok: true,
        abortedRunId: null,
        status: "no-active-run",
      });
      const runId = randomUUID();
      await client.call("chat.send", { sessionKey: key, message: ENDLESS, idempotencyKey: runId });
      await client.event("chat", reached(runId, "delta"), { timeoutMs: 60_000 });
      expect(await client.call("sessions.abort", { key })).toEqual({
        ok: true,
        abortedRunId: runId,
        status: "aborted",
      });
    }),
    check("a message can be put in: it is heard, kept, and found again", async (visit, expect) => {
      const { client, key } = await made(visit);
      await client.call("sessions.messages.subscribe", { key });
      const injected = { sessionKey: key, message: "from outside", label: "note" };
      const { messageId } = await client.call<{ messageId: string }>("chat.inject", injected);
      const heard = await client.event("chat", reached(`inject-${messageId}`, "final"));
      expect(textOf(heard.payload.message)).toBe("[note]\n\nfrom outside");
      const row = await client.event<{ messageId: string }>("session.message", (each) => each.messageId === messageId);
      expect(row.payload).toMatchObject({ sessionKey: key, message: { role: "assistant" } });
      const got = await client.call("chat.message.get", { sessionKey: key, messageId });
      expect(got).toMatchObject({ ok: true, message: { role: "assistant", __openclaw: { id: messageId } } });
      expect(await client.call("chat.message.get", { sessionKey: key, messageId: "nope" })).toEqual({
        ok: false,
        unavailableReason: "not_found",
      });
    }),
    check("what was said is found by its words, whatever their case", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      const word = `w${randomUUID().replaceAll("-", "")}`;
      await visit.turn(client, key, `remember ${word} well`);
      const find = (query: string) =>
        client.call<{ results: { sessionKey: string; snippet: string }[] }>("sessions.search", { query });
      const { results } = await find(word.toUpperCase());
      expect(results.length).toBeGreaterThan(0);
      for (const hit of results) expect(hit).toMatchObject({ sessionKey: key, messageId: expect.any(String) });
      expect(results[0]?.snippet).toContain(word);
      expect((await find(`${word}x`)).results).toEqual([]);
    }),
    check("a session that is not there cannot be compacted, and that is no error", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      expect(await client.call("sessions.compact", { key })).toMatchObject({ ok: true, key, compacted: false });
    }),
  ],
};
