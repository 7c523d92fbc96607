import type { Challenge } from "../../support/wire-shapes.ts";
import { check, type ContractGroup } from "../contract-check.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const handshake: ContractGroup = {
  about: "the handshake",
  checks: [
    check("starts with a challenge that carries a nonce and the Gateway's clock", async (visit, expect) => {
      const client = await visit.open();
      const frame = await client.event<Challenge>("connect.challenge");
      expect(client.frames[0]).toBe(frame);
      expect(frame.payload.nonce).toMatch(UUID);
      expect(Math.abs(frame.payload.ts - Date.now())).toBeLessThan(60_000);
      expect(frame.seq).toBeUndefined();
    }),
    check("never challenges twice with the same nonce", async (visit, expect) => {
      const [one, two] = await Promise.all([visit.open(), visit.open()]);
      expect((await one.challenge()).nonce).not.toBe((await two.challenge()).nonce);
    }),
    check("answers a good connect with hello-ok of protocol 4", async (visit, expect) => {
      const { hello } = await visit.operator();
      expect(hello).toMatchObject({ type: "hello-ok", protocol: 4 });
      expect(hello.server.version).toEqual(expect.any(String));
      expect(hello.server.connId).toMatch(UUID);
      expect(hello.server.bootId).toMatch(UUID);
    }),
    check("gives every connection its own id and the same boot id", async (visit, expect) => {
      const one = await visit.operator();
      const two = await visit.operator();
      expect(one.hello.server.connId).not.toBe(two.hello.server.connId);
      expect(one.hello.server.bootId).toBe(two.hello.server.bootId);
    }),
    check("advertises the methods of a chat client, and each of them exists", async (visit, expect) => {
      const { client, hello } = await visit.operator();
      const wanted = [
        "health",
        "status",
        "sessions.list",
        "sessions.subscribe",
        "chat.startup",
        "chat.history",
        "chat.send",
        "chat.abort",
      ];
      expect(hello.features.methods).toEqual(expect.arrayContaining(wanted));
      for (const method of wanted) {
        const answer = await client.request(method, { nonsense: true });
        expect(answer.error?.message ?? "", method).not.toMatch(/unknown method/);
      }
    }),
    check("advertises the events of a chat client", async (visit, expect) => {
      const { hello } = await visit.operator();
      const wanted = [
        "connect.challenge",
        "agent",
        "chat",
        "session.message",
        "sessions.changed",
        "presence",
        "tick",
        "shutdown",
        "health",
      ];
      expect(hello.features.events).toEqual(expect.arrayContaining(wanted));
    }),
    check("says in its policy how much and how often", async (visit, expect) => {
      const { hello } = await visit.operator();
      expect(hello.policy).toMatchObject({
        maxPayload: 26_214_400,
        maxBufferedBytes: 52_428_800,
        tickIntervalMs: 30_000,
      });
    }),
    check(
      "brings a snapshot with presence, health, state versions, uptime and the main session",
      async (visit, expect) => {
        // A Gateway that has just started has not looked at its health yet.
        const { client } = await visit.operator();
        await client.call("health");
        const { hello } = await visit.operator();
        const { snapshot } = hello;
        expect(snapshot.presence).toEqual(expect.any(Array));
        expect(snapshot.health.ok).toBe(true);
        expect(snapshot.stateVersion).toMatchObject({ presence: expect.any(Number), health: expect.any(Number) });
        expect(snapshot.uptimeMs).toBeGreaterThan(0);
        expect(snapshot.sessionDefaults).toMatchObject({
          defaultAgentId: "main",
          mainKey: "main",
          mainSessionKey: "agent:main:main",
        });
        expect(snapshot.authMode).toBe("token");
      },
    ),
    check("says what it granted: method, role and scopes", async (visit, expect) => {
      const { hello } = await visit.operator({ scopes: ["operator.read", "operator.write"] });
      expect(hello.auth).toMatchObject({
        method: "token",
        role: "operator",
        scopes: ["operator.read", "operator.write"],
      });
    }),
    check("takes protocol 4 out of the range 3 to 5", async (visit, expect) => {
      const { hello } = await visit.operator({ minProtocol: 3, maxProtocol: 5 });
      expect(hello.protocol).toBe(4);
    }),
    check("takes the shared token in the password field too", async (visit, expect) => {
      const { hello } = await visit.operator({ auth: { password: visit.gateway.token } });
      expect(hello.auth.method).toBe("token");
    }),
    check("forgives blanks around the token", async (visit, expect) => {
      const { hello } = await visit.operator({ auth: { token: ` ${visit.gateway.token} ` } });
      expect(hello.auth.method).toBe("token");
    }),
    check("refuses a second connect on the same socket and goes on", async (visit, expect) => {
      const { client } = await visit.operator();
      const answer = await client.request("connect", {});
      expect(answer.error).toMatchObject({
        code: "INVALID_REQUEST",
        message: "connect is only valid as the first request",
      });
      expect((await client.request("health")).ok).toBe(true);
    }),
    check("answers pings", async (visit, expect) => {
      const { client } = await visit.operator();
      expect(await client.ping()).toBeLessThan(5_000);
    }),
    check("serves eight operators at once", async (visit, expect) => {
      const operators = await Promise.all(Array.from({ length: 8 }, () => visit.operator()));
      const answers = await Promise.all(operators.map(({ client }) => client.request("health")));
      expect(answers.map((answer) => answer.ok)).toEqual(Array.from({ length: 8 }, () => true));
    }),
  ],
};
