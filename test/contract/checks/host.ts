import { check, type ContractGroup } from "../contract-check.ts";

interface ConfigSnapshot {
  readonly hash: string;
  readonly raw: string;
}

const REDACTED = "__OPENCLAW_REDACTED__";

export const host: ContractGroup = {
  about: "the config and the host",
  checks: [
    check("config.get shows the file without its secrets", async (visit, expect) => {
      const { client } = await visit.operator();
      const snapshot = await client.call("config.get");
      expect(snapshot).toMatchObject({
        exists: true,
        valid: true,
        hash: expect.any(String),
        issues: [],
        config: { models: { providers: { stub: { apiKey: REDACTED } } } },
      });
      expect(JSON.stringify(snapshot)).not.toContain("stub-key");
    }),
    check("config.patch changes the file, tells who reads, and wants the newest hash", async (visit, expect) => {
      const { client } = await visit.operator();
      const before = await client.call<ConfigSnapshot>("config.get");
      // Another value each time: what is there already is no change.
      const raw = `{messages:{ackReaction:'x${Date.now()}'}}`;
      const bare = await client.request("config.patch", { raw });
      expect(bare.error?.message).toMatch(/^config base hash required for messages\.ackReaction;/);
      const done = await client.call<ConfigSnapshot>("config.patch", { raw, baseHash: before.hash });
      expect(done).toMatchObject({ ok: true, changedPaths: ["messages.ackReaction"] });
      expect(done.hash).not.toBe(before.hash);
      const told = await client.event<{ hash: string }>("config.changed", (each) => each.hash === done.hash);
      expect(told.payload).toMatchObject({ path: expect.any(String), ts: expect.any(Number) });
      const stale = await client.request("config.patch", {
        raw: "{messages:{ackReaction:null}}",
        baseHash: before.hash,
      });
      expect(stale.error?.message).toBe("config changed since last load; re-run config.get and retry");
      const { hash } = await client.call<ConfigSnapshot>("config.get");
      await client.call("config.patch", { raw: "{messages:{ackReaction:null}}", baseHash: hash });
    }),
    check("config.set takes back what config.get has shown, secrets and all", async (visit, expect) => {
      const { client } = await visit.operator();
      const { raw, hash } = await client.call<ConfigSnapshot>("config.get");
      expect((await client.request("config.set", { raw })).error?.message).toMatch(/^config base hash required/);
      expect(await client.call("config.set", { raw, baseHash: hash })).toMatchObject({ ok: true });
      const turn = await visit.turn(client, visit.sessionKey(), "is the key still there");
      expect(turn.text).toContain("is the key still there");
    }),
    check("a config that cannot be is refused, and nothing is written", async (visit, expect) => {
      const { client } = await visit.operator();
      const { hash: baseHash } = await client.call<ConfigSnapshot>("config.get");
      const refused = async (raw: string) => (await client.request("config.patch", { raw, baseHash })).error;
      expect(await refused("{bogus:1}")).toMatchObject({
        code: "INVALID_REQUEST",
        message: 'invalid config: <root>: Unrecognized key: "bogus"',
        details: { issues: [{ path: "", message: 'Unrecognized key: "bogus"' }] },
      });
      expect(await refused('{gateway:{port:"x"}}')).toMatchObject({ details: { issues: [{ path: "gateway.port" }] } });
      expect((await refused("[1]"))?.message).toBe("config.patch raw must be an object");
      expect((await refused("{x"))?.message).toBe("SyntaxError: JSON5: invalid end of input at 1:3");
      expect((await client.call<ConfigSnapshot>("config.get")).hash).toBe(baseHash);
    }),
    check("the config's schema can be looked up", async (visit, expect) => {
      const { client } = await visit.operator();
      const found = await client.call("config.schema.lookup", { path: "gateway.port" });
      expect(found).toMatchObject({
        path: "gateway.port",
        schema: { type: "integer", minimum: 1, maximum: 65_535 },
        reloadKind: "restart",
        children: [],
      });
      const token = await client.call<{ children: { key: string; hint: unknown }[] }>("config.schema.lookup", {
        path: "gateway.auth",
      });
      expect(token.children.find((each) => each.key === "token")?.hint).toMatchObject({ sensitive: true });
      const nothing = await client.request("config.schema.lookup", { path: "nope.x" });
      expect(nothing.error?.message).toBe("config schema path not found");
      const schema = await client.call("config.schema");
      expect(schema).toMatchObject({ schema: { type: "object" }, uiHints: { gateway: expect.any(Object) } });
    }),
    check("wake words are cleaned, kept, told, and never none", async (visit, expect) => {
      const { client } = await visit.operator();
      const other = await visit.operator();
      expect(await client.call("voicewake.set", { triggers: [" hey ", "", "x".repeat(100)] })).toEqual({
        triggers: ["hey", "x".repeat(64)],
      });
      const told = await other.client.event<{ triggers: string[] }>(
        "voicewake.changed",
        (each) => each.triggers[0] === "hey",
      );
      expect(told.payload.triggers).toHaveLength(2);
      expect(await other.client.call("voicewake.get")).toEqual({ triggers: ["hey", "x".repeat(64)] });
      const defaults = { triggers: ["openclaw", "claude", "computer"] };
      expect(await client.call("voicewake.set", { triggers: [] })).toEqual(defaults);
      expect((await client.request("voicewake.set", {})).error?.message).toBe(
        "voicewake.set requires triggers: string[]",
      );
    }),
    check("the log can be read piece by piece", async (visit, expect) => {
      const { client } = await visit.operator();
      const first = await client.call<{ cursor: number; size: number; lines: string[] }>("logs.tail", { limit: 3 });
      expect(first.lines.length).toBeGreaterThan(0);
      expect(first.lines.length).toBeLessThanOrEqual(3);
      expect(first.cursor).toBeLessThanOrEqual(first.size);
      const next = await client.call("logs.tail", { cursor: first.cursor });
      expect(next).toMatchObject({ lines: expect.any(Array), reset: false });
      const zero = await client.request("logs.tail", { limit: 0 });
      expect(zero.error?.message).toBe("invalid logs.tail params: at /limit: must be >= 1");
    }),
    check("the host, its owner and what was used can be asked for", async (visit, expect) => {
      const { client } = await visit.operator();
      expect(await client.call("system.info")).toMatchObject({
        pid: expect.any(Number),
        nodeVersion: expect.any(String),
      });
      expect(await client.call("users.self")).toMatchObject({ profile: { id: "gateway-owner" } });
      expect(await client.call("usage.status")).toMatchObject({ providers: [] });
      const cost = await client.call<{ daily: unknown[] }>("usage.cost", { days: 2 });
      expect(cost).toMatchObject({ days: 2, totals: { totalTokens: expect.any(Number) } });
      expect(cost.daily).toHaveLength(2);
      expect(await client.call("last-heartbeat")).toBeNull();
      expect(await client.call("update.status")).toMatchObject({ sentinel: null, updateAvailable: null });
    }),
    check("the agent, its model and its commands can be asked for", async (visit, expect) => {
      const { client } = await visit.operator();
      const model = { agents: [{ id: "main", model: { primary: "stub/stub-1" } }] };
      expect(await client.call("agents.list")).toMatchObject({ defaultId: "main", mainKey: "main", ...model });
      expect(await client.call("agent.identity.get")).toMatchObject({ agentId: "main", name: expect.any(String) });
      expect(await client.call("models.list")).toMatchObject({
        models: [{ id: "stub-1", provider: "stub", contextWindow: 128_000, available: true }],
      });
      const { commands } = await client.call<{ commands: { name: string }[] }>("commands.list");
      expect(commands.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["help", "status", "model", "new", "stop"]),
      );
    }),
  ],
};
