import { check, type ContractGroup } from "../contract-check.ts";

export const health: ContractGroup = {
  about: "health and status",
  checks: [
    check("health says ok, when, and how long it took", async (visit, expect) => {
      const { client } = await visit.operator();
      const payload = await client.call("health");
      expect(payload).toMatchObject({ ok: true, ts: expect.any(Number), durationMs: expect.any(Number) });
    }),
    check("health counts channels, agents and sessions", async (visit, expect) => {
      const { client } = await visit.operator();
      const payload = await client.call("health");
      expect(payload).toMatchObject({ channels: {}, channelOrder: [], channelLabels: {}, defaultAgentId: "main" });
      expect(payload).toMatchObject({ sessions: { count: expect.any(Number), recent: expect.any(Array) } });
      expect(payload).toMatchObject({ agents: [{ agentId: "main", isDefault: true }] });
    }),
    check("health measures the event loop", async (visit, expect) => {
      const { client } = await visit.operator();
      const payload = await client.call("health", { probe: true });
      expect(payload).toMatchObject({
        eventLoop: {
          degraded: expect.any(Boolean),
          reasons: expect.any(Array),
          delayP99Ms: expect.any(Number),
        },
      });
    }),
    check("health does not mind what it is given", async (visit, expect) => {
      const { client } = await visit.operator();
      for (const params of [{ bogus: 1 }, null, [], "x", 1])
        expect((await client.request("health", params)).ok, JSON.stringify(params)).toBe(true);
    }),
    check("health needs no parameters at all", async (visit, expect) => {
      const { client } = await visit.operator();
      client.send({ type: "req", id: "bare", method: "health" });
      expect((await client.response("bare")).ok).toBe(true);
    }),
    check("status tells the version of the hello", async (visit, expect) => {
      const { client, hello } = await visit.operator();
      const payload = await client.call("status");
      expect(payload).toMatchObject({ runtimeVersion: hello.server.version });
    }),
    check("status counts sessions and names the default model", async (visit, expect) => {
      const { client } = await visit.operator();
      const payload = await client.call("status");
      expect(payload).toMatchObject({
        sessions: {
          count: expect.any(Number),
          defaults: { model: "stub-1" },
          recent: expect.any(Array),
        },
      });
    }),
    check("/readyz, /healthz and /health answer over HTTP without a token", async (visit, expect) => {
      const at = (path: string): string => `http://127.0.0.1:${visit.gateway.port}${path}`;
      expect(await (await fetch(at("/readyz"))).json()).toMatchObject({ ready: true });
      expect(await (await fetch(at("/healthz"))).json()).toMatchObject({ ok: true, status: "live" });
      expect(await (await fetch(at("/health"))).json()).toMatchObject({ ok: true, status: "live" });
    }),
  ],
};
