import { randomUUID } from "node:crypto";
import { TestIdentity } from "../../support/test-identity.ts";
import type { RawGatewayClient, ResFrame } from "../../support/raw-gateway-client.ts";
import { check, type ContractGroup } from "../contract-check.ts";
import type { Visit } from "../visit.ts";

/** One operator who asks, and one who decides and says so. */
async function pair(visit: Visit) {
  const { client: asker } = await visit.operator();
  const { client: judge } = await visit.operator({ identity: new TestIdentity(), caps: ["exec-approvals"] });
  return { asker, judge };
}

/** Asks, and resolves once the judge has heard of it. */
async function ask(asker: RawGatewayClient, judge: RawGatewayClient, over: Record<string, unknown> = {}) {
  const id = randomUUID();
  const requestId = randomUUID();
  const params = { id, command: "echo hi", commandArgv: ["echo", "hi"], cwd: "/tmp", timeoutMs: 30_000, ...over };
  asker.send({ type: "req", id: requestId, method: "exec.approval.request", params });
  const heard = await judge.event<{ id: string; request: unknown }>(
    "exec.approval.requested",
    (each) => each.id === id,
  );
  const answers = (): ResFrame[] =>
    asker.frames.filter((frame): frame is ResFrame => frame.type === "res" && frame.id === requestId);
  const answered = (count: number): Promise<ResFrame[]> =>
    asker.find(`${count} answers`, () => (answers().length >= count ? answers() : undefined));
  return { id, heard, answers, answered };
}

export const approvals: ContractGroup = {
  about: "approvals",
  checks: [
    check("a command that waits is shown to who decides, with all that it is", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id, heard } = await ask(asker, judge, { host: "gateway", ask: "on-miss" });
      expect(heard.payload).toMatchObject({
        approvalKind: "exec",
        id,
        request: {
          command: "echo hi",
          commandArgv: ["echo", "hi"],
          cwd: "/tmp",
          host: "gateway",
          allowedDecisions: ["allow-once", "allow-always", "deny"],
        },
      });
      await judge.call("exec.approval.resolve", { id, decision: "deny" });
    }),
    check("the decision goes to who asked and to who decides", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id, answered } = await ask(asker, judge);
      expect(await judge.call("exec.approval.resolve", { id, decision: "allow-once" })).toEqual({ ok: true });
      const [answer] = await answered(1);
      expect(answer).toMatchObject({ ok: true, payload: { id, decision: "allow-once" } });
      const told = await judge.event<{ id: string }>("exec.approval.resolved", (each) => each.id === id);
      expect(told.payload).toMatchObject({ decision: "allow-once", resolvedBy: "gateway-client" });
    }),
    check("in two phases the first answer says that it waits", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id, answered } = await ask(asker, judge, { twoPhase: true });
      const [first] = await answered(1);
      expect(first?.payload).toMatchObject({ status: "accepted", id, expiresAtMs: expect.any(Number) });
      await judge.call("exec.approval.resolve", { id, decision: "deny" });
      const [, second] = await answered(2);
      expect(second?.payload).toMatchObject({ id, decision: "deny" });
    }),
    check("the first decision counts; the same again is fine, another is not", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id } = await ask(asker, judge);
      await judge.call("exec.approval.resolve", { id, decision: "deny" });
      expect(await judge.call("exec.approval.resolve", { id, decision: "deny" })).toEqual({ ok: true });
      const other = await judge.request("exec.approval.resolve", { id, decision: "allow-once" });
      expect(other.error).toMatchObject({
        message: "approval already resolved",
        details: { reason: "APPROVAL_ALREADY_RESOLVED" },
      });
    }),
    check("what nobody decides in time is not allowed", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id, answered } = await ask(asker, judge, { timeoutMs: 700 });
      const [answer] = await answered(1);
      expect(answer?.payload).toMatchObject({ id, decision: null });
      const told = await judge.event<{ id: string }>("exec.approval.resolved", (each) => each.id === id);
      expect(told.payload).toMatchObject({ decision: "deny", resolvedBy: null });
      const late = await judge.request("exec.approval.resolve", { id, decision: "allow-once" });
      expect(late.ok).toBe(false);
    }),
    check("with ask always there is no always", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id, heard } = await ask(asker, judge, { ask: "always" });
      expect(heard.payload.request).toMatchObject({ allowedDecisions: ["allow-once", "deny"] });
      const always = await judge.request("exec.approval.resolve", { id, decision: "allow-always" });
      expect(always.error).toMatchObject({ message: "allow-always is unavailable for this command" });
      await judge.call("exec.approval.resolve", { id, decision: "deny" });
    }),
    check("those that wait are listed and can be looked at, also by the beginning of the id", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id } = await ask(asker, judge);
      const list = await judge.call<{ id: string }[]>("exec.approval.list");
      expect(list.find((each) => each.id === id)).toMatchObject({
        approvalKind: "exec",
        request: { command: "echo hi" },
      });
      const shown = await judge.call("exec.approval.get", { id: id.slice(0, 8) });
      expect(shown).toMatchObject({ id, commandText: "echo hi", expiresAtMs: expect.any(Number) });
      await judge.call("exec.approval.resolve", { id, decision: "deny" });
      expect((await judge.request("exec.approval.get", { id })).error).toMatchObject({
        message: "unknown or expired approval id",
        details: { reason: "APPROVAL_NOT_FOUND" },
      });
    }),
    check("a decision can be waited for", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id } = await ask(asker, judge);
      const waiting = judge.call("exec.approval.waitDecision", { id });
      await asker.call("exec.approval.resolve", { id, decision: "allow-once" });
      expect(await waiting).toMatchObject({ id, decision: "allow-once", terminalReason: "user" });
    }),
    check("who did not say that it shows approvals hears of none", async (visit, expect) => {
      const { asker, judge } = await pair(visit);
      const { id } = await ask(asker, judge);
      await judge.call("exec.approval.resolve", { id, decision: "deny" });
      await asker.ping();
      expect(asker.events("exec.approval.requested")).toEqual([]);
      expect(asker.events("exec.approval.resolved")).toEqual([]);
    }),
    check("with nobody to decide the answer is no, at once", async (visit, expect) => {
      const { client } = await visit.operator();
      const start = performance.now();
      const answer = await client.call("exec.approval.request", { command: "ls", timeoutMs: 8_000 });
      expect(answer).toMatchObject({ decision: null });
      expect(performance.now() - start).toBeLessThan(6_000);
    }),
    check("malformed requests are refused", async (visit, expect) => {
      const { client } = await visit.operator();
      const refused = async (params: unknown) => (await client.request("exec.approval.request", params)).error?.message;
      expect(await refused({})).toBe("command is required");
      expect(await refused({ command: "ls", host: "node" })).toBe("nodeId is required for host=node");
      expect(await refused({ command: "ls", bogus: 1 })).toMatch(/unexpected property 'bogus'/);
      const decision = await client.request("exec.approval.resolve", { id: "x", decision: "bogus" });
      expect(decision.error?.message).toBe("invalid decision");
    }),
  ],
};
