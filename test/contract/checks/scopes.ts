import { TestIdentity } from "../../support/test-identity.ts";
import { check, type ContractGroup } from "../contract-check.ts";

const missing = (scope: string): unknown => ({
  code: "FORBIDDEN",
  message: `missing scope: ${scope}`,
  details: { code: "MISSING_SCOPE", missingScope: scope, requiredScopes: [scope] },
});

export const scopes: ContractGroup = {
  about: "scopes and roles",
  checks: [
    check("a reader may read", async (visit, expect) => {
      const { client } = await visit.operator({ scopes: ["operator.read"] });
      for (const [method, params] of [
        ["health", {}],
        ["status", {}],
        ["sessions.list", {}],
        ["chat.history", { sessionKey: visit.sessionKey() }],
      ] as const) {
        expect((await client.request(method, params)).ok, method).toBe(true);
      }
    }),
    check("a reader may not send", async (visit, expect) => {
      const { client } = await visit.operator({ scopes: ["operator.read"] });
      const answer = await client.request("chat.send", {
        sessionKey: visit.sessionKey(),
        message: "x",
        idempotencyKey: "reader",
      });
      expect(answer.error).toMatchObject(missing("operator.write") as object);
    }),
    check("a reader may not abort", async (visit, expect) => {
      const { client } = await visit.operator({ scopes: ["operator.read"] });
      const answer = await client.request("chat.abort", { sessionKey: visit.sessionKey() });
      expect(answer.error).toMatchObject(missing("operator.write") as object);
    }),
    check("a writer may read", async (visit, expect) => {
      const { client } = await visit.operator({ scopes: ["operator.write"] });
      expect((await client.request("sessions.list")).ok).toBe(true);
    }),
    check("an admin may read and write", async (visit, expect) => {
      const { client } = await visit.operator({ scopes: ["operator.admin"] });
      expect((await client.request("sessions.list")).ok).toBe(true);
      expect((await client.request("chat.abort", { sessionKey: visit.sessionKey() })).ok).toBe(true);
    }),
    check("an operator without scopes is let in and may not read", async (visit, expect) => {
      const { client, hello } = await visit.operator({ scopes: [] });
      expect(hello.auth.scopes).toEqual([]);
      const answer = await client.request("sessions.list");
      expect(answer.error).toMatchObject(missing("operator.read") as object);
    }),
    check("without scopes health may be asked for, and which methods there are may not", async (visit, expect) => {
      const { client } = await visit.operator({ scopes: [] });
      expect((await client.request("health")).ok).toBe(true);
      expect((await client.request("no.such")).error).toMatchObject(missing("operator.admin") as object);
    }),
    check("every method asks for the scope that it needs", async (visit, expect) => {
      const { client } = await visit.operator({ scopes: [] });
      const needed: readonly (readonly [scope: string, methods: readonly string[]])[] = [
        [
          "operator.read",
          ["config.get", "logs.tail", "node.list", "sessions.search", "chat.message.get", "users.self"],
        ],
        ["operator.write", ["agent", "agent.wait", "send", "node.invoke", "sessions.create", "voicewake.set"]],
        [
          "operator.admin",
          ["config.set", "config.patch", "sessions.reset", "sessions.compact", "chat.inject", "update.status"],
        ],
        ["operator.pairing", ["device.pair.list", "device.token.rotate", "node.pair.approve", "node.rename"]],
        ["operator.approvals", ["exec.approval.request", "exec.approval.list", "exec.approval.resolve"]],
      ];
      for (const [scope, methods] of needed)
        for (const method of methods)
          expect((await client.request(method)).error, method).toMatchObject(missing(scope) as object);
    }),
    check("without scopes the snapshot keeps presence back", async (visit, expect) => {
      const { hello } = await visit.operator({ scopes: [] });
      expect(hello.snapshot.presence).toEqual([]);
    }),
    check("a UI without a device is let in with no scopes", async (visit, expect) => {
      const { hello } = await visit.operator({ identity: null });
      expect(hello.auth).toMatchObject({ role: "operator", scopes: [] });
      expect(hello.auth.deviceToken).toBeUndefined();
    }),
    check("the CLI without a device keeps its scopes on this computer", async (visit, expect) => {
      const { client, hello } = await visit.operator({ identity: null, client: { id: "cli", mode: "cli" } });
      expect(hello.auth.scopes).toContain("operator.admin");
      expect((await client.request("sessions.list")).ok).toBe(true);
    }),
    check("a backend without a device keeps its scopes on this computer", async (visit, expect) => {
      const { hello } = await visit.operator({ identity: null, client: { mode: "backend" } });
      expect(hello.auth.scopes).toContain("operator.admin");
    }),
    check("a scope that nobody knows is granted and opens nothing", async (visit, expect) => {
      const { client, hello } = await visit.operator({
        identity: new TestIdentity(),
        scopes: ["operator.read", "operator.bogus"],
      });
      expect(hello.auth.scopes).toEqual(["operator.read", "operator.bogus"]);
      expect((await client.request("chat.abort", { sessionKey: visit.sessionKey() })).error?.code).toBe("FORBIDDEN");
    }),
    check("a scope asked for twice is granted once", async (visit, expect) => {
      const { hello } = await visit.operator({ scopes: ["operator.read", "operator.read"] });
      expect(hello.auth.scopes).toEqual(["operator.read"]);
    }),
  ],
};
