import type { ContractGroup } from "../contract-check.ts";

/** What happens by itself, on the Gateway's own clock. */
export const clocks: ContractGroup = {
  about: "the Gateway's clocks",
  together: true,
  checks: [
    {
      name: "a tick comes within the interval that the policy names",
      timeoutMs: 60_000,
      async run(visit, expect) {
        const { client, hello } = await visit.operator();
        const tick = await client.event<{ ts: number }>("tick", () => true, {
          timeoutMs: hello.policy.tickIntervalMs + 5_000,
        });
        expect(Math.abs(tick.payload.ts - Date.now())).toBeLessThan(60_000);
        expect(tick.seq).toEqual(expect.any(Number));
      },
    },
    {
      name: "a tick comes to an operator without scopes too",
      timeoutMs: 60_000,
      async run(visit, expect) {
        const { client, hello } = await visit.operator({ identity: null });
        const tick = await client.event<{ ts: number }>("tick", () => true, {
          timeoutMs: hello.policy.tickIntervalMs + 5_000,
        });
        expect(tick.payload.ts).toEqual(expect.any(Number));
      },
    },
    {
      name: "a socket that never says hello is hung up on after 15 seconds",
      timeoutMs: 30_000,
      async run(visit, expect) {
        const client = await visit.open();
        await client.challenge();
        const start = performance.now();
        expect(await client.closed).toEqual({ code: 1000, reason: "" });
        expect(performance.now() - start).toBeGreaterThan(10_000);
        expect(performance.now() - start).toBeLessThan(20_000);
      },
    },
    {
      name: "an idle operator stays connected",
      timeoutMs: 60_000,
      async run(visit, expect) {
        const { client } = await visit.operator();
        await client.event<{ ts: number }>("tick", () => true, { timeoutMs: 40_000 });
        expect(client.isOpen).toBe(true);
        expect((await client.request("health")).ok).toBe(true);
      },
    },
  ],
};
