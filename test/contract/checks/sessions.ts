import type { SessionList, SessionMessagePayload } from "../../support/wire-shapes.ts";
import { check, type ContractGroup } from "../contract-check.ts";

export const sessions: ContractGroup = {
  about: "sessions",
  checks: [
    check("sessions.list counts and says whether there is more", async (visit, expect) => {
      const { client } = await visit.operator();
      const list = await client.call<SessionList>("sessions.list", {});
      expect(list).toMatchObject({
        count: expect.any(Number),
        totalCount: expect.any(Number),
        limitApplied: 100,
        hasMore: false,
        nextOffset: null,
      });
      expect(list.sessions).toHaveLength(list.count);
    }),
    check("sessions.list names the default model", async (visit, expect) => {
      const { client } = await visit.operator();
      const list = await client.call<SessionList>("sessions.list", {});
      expect(list.defaults).toMatchObject({ modelProvider: "stub", model: "stub-1" });
    }),
    check("a session is listed once something was said in it, newest first", async (visit, expect) => {
      const { client } = await visit.operator();
      const [older, newer] = [visit.sessionKey(), visit.sessionKey()];
      await visit.turn(client, older, "first");
      await visit.turn(client, newer, "second");
      const list = await client.call<SessionList>("sessions.list", {});
      const keys = list.sessions.map((row) => row.key);
      expect(keys.indexOf(newer)).toBeGreaterThanOrEqual(0);
      expect(keys.indexOf(newer)).toBeLessThan(keys.indexOf(older));
    }),
    check("a row tells who, when, and whether a run is going", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      await visit.turn(client, key, "a row");
      const list = await client.call<SessionList>("sessions.list", {});
      const row = list.sessions.find((each) => each.key === key);
      expect(row).toMatchObject({
        key,
        kind: "direct",
        agentId: "main",
        isMain: false,
        archived: false,
        hasActiveRun: false,
        modelProvider: "stub",
        model: "stub-1",
      });
      expect(row?.sessionId).toEqual(expect.any(String));
      expect(Math.abs((row?.updatedAt ?? 0) - Date.now())).toBeLessThan(60_000);
    }),
    check("sessions.list pages", async (visit, expect) => {
      const { client } = await visit.operator();
      await visit.turn(client, visit.sessionKey(), "page one");
      await visit.turn(client, visit.sessionKey(), "page two");
      const first = await client.call<SessionList>("sessions.list", { limit: 1 });
      expect(first).toMatchObject({ count: 1, limitApplied: 1, hasMore: true, nextOffset: 1 });
      const second = await client.call<SessionList>("sessions.list", { limit: 1, offset: 1 });
      expect(second.sessions[0]?.key).not.toBe(first.sessions[0]?.key);
    }),
    check("sessions.subscribe says so, and brings the list when asked for one", async (visit, expect) => {
      const { client } = await visit.operator();
      expect(await client.call("sessions.subscribe", {})).toEqual({ subscribed: true });
      const answer = await client.call("sessions.subscribe", { limit: 1 });
      expect(answer).toMatchObject({ subscribed: true, list: { limitApplied: 1, sessions: expect.any(Array) } });
    }),
    check("who subscribed hears of a session's changes, who did not does not", async (visit, expect) => {
      const subscriber = await visit.operator();
      const other = await visit.operator();
      await subscriber.client.call("sessions.subscribe", {});
      const key = visit.sessionKey();
      await visit.turn(other.client, key, "change something");
      const event = await subscriber.client.event(
        "sessions.changed",
        (payload: { sessionKey?: string }) => payload.sessionKey === key,
      );
      expect(event.payload).toMatchObject({ agentId: "main", ts: expect.any(Number), session: { key } });
      expect(
        other.client.events("sessions.changed", (payload: { sessionKey?: string }) => payload.sessionKey === key),
      ).toEqual([]);
    }),
    check("who subscribed to a session's messages gets both rows, numbered", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      expect(await client.call("sessions.messages.subscribe", { key })).toEqual({ subscribed: true, key });
      const turn = await visit.turn(client, key, "two rows");
      const row = (role: string) =>
        client.event(
          "session.message",
          (payload: SessionMessagePayload) => payload.sessionKey === key && payload.message.role === role,
        );
      const [user, assistant] = [await row("user"), await row("assistant")];
      expect(user.payload).toMatchObject({
        messageSeq: 1,
        message: { content: "two rows", idempotencyKey: `${turn.runId}:user` },
      });
      expect(assistant.payload).toMatchObject({
        messageSeq: 2,
        message: { content: [{ type: "text", text: turn.text }], stopReason: "stop" },
      });
      expect(assistant.payload.messageId).not.toBe(user.payload.messageId);
    }),
    check("who unsubscribed gets no more rows", async (visit, expect) => {
      const { client } = await visit.operator();
      const key = visit.sessionKey();
      await client.call("sessions.messages.subscribe", { key });
      expect(await client.call("sessions.messages.unsubscribe", { key })).toEqual({ subscribed: false, key });
      await visit.turn(client, key, "silence");
      expect(client.events("session.message")).toEqual([]);
    }),
  ],
};
