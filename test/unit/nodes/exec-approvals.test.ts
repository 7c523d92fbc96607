import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExecApprovals, type ExecWish } from "../../../sidecar/approvals/exec-approvals.ts";

const WISH: ExecWish = { command: "ls", allowedDecisions: ["allow-once", "allow-always", "deny"] };

describe("an approval", () => {
  let isSomebodyThere: boolean;
  let resolved: unknown[];
  let approvals: ExecApprovals;
  beforeEach(() => {
    vi.useFakeTimers();
    isSomebodyThere = true;
    resolved = [];
    approvals = new ExecApprovals({
      requested: () => isSomebodyThere,
      resolved: (_approval, verdict) => resolved.push(verdict.decision),
    });
  });
  afterEach(() => vi.useRealTimers());

  const request = (id: string, wish = WISH) => {
    const asked = approvals.request(wish, { id, timeoutMs: 1_000, from: "c1", now: Date.now() });
    if (typeof asked === "string") throw new Error(asked);
    return asked;
  };

  it("ends with the first decision; the same again is fine, another is not", async () => {
    const { ended } = request("approval-1");
    expect(approvals.resolve("approval-1", "allow-once", "me")).toBe("done");
    expect(approvals.resolve("approval-1", "allow-once", "you")).toBe("same");
    expect(approvals.resolve("approval-1", "deny", "you")).toBe("taken");
    expect(await ended).toMatchObject({ decision: "allow-once", by: "me", reason: "user" });
    expect(resolved).toEqual(["allow-once"]);
  });

  it("that nobody decides allows nothing", async () => {
    const { ended } = request("approval-1");
    vi.advanceTimersByTime(1_000);
    expect(await ended).toMatchObject({ decision: null, reason: "timeout" });
    expect(approvals.resolve("approval-1", "allow-once", "late")).toBe("taken");
    expect(approvals.waiting()).toEqual([]);
  });

  it("that nobody is there to decide ends at once, and allows nothing", async () => {
    isSomebodyThere = false;
    const { ended } = request("approval-1");
    expect(await ended).toMatchObject({ decision: null, reason: "no-route" });
    expect(resolved).toEqual([]);
  });

  it("gives only the answers that were offered", () => {
    request("approval-1", { ...WISH, allowedDecisions: ["allow-once", "deny"] });
    expect(approvals.resolve("approval-1", "allow-always", "me")).toBe("not-offered");
    expect(approvals.waiting()).toHaveLength(1);
  });

  it("is found by the beginning of its id, when only one begins so", () => {
    request("aaaaaa-1");
    expect(approvals.find("aaaaaa")?.id).toBe("aaaaaa-1");
    request("aaaaaa-2");
    expect(approvals.find("aaaaaa")).toBeUndefined();
    expect(approvals.find("aaaaaa-2")?.id).toBe("aaaaaa-2");
    expect(approvals.find("aa")).toBeUndefined();
  });

  it("keeps its id for itself", () => {
    request("approval-1");
    expect(approvals.request(WISH, { id: "approval-1", timeoutMs: 1, from: "c", now: 0 })).toBe("duplicate");
  });

  it("is one of at most 256 that wait", () => {
    for (let count = 0; count < 256; count++) request(`approval-${count}`);
    expect(approvals.request(WISH, { id: "one-more", timeoutMs: 1, from: "c", now: Date.now() })).toBe("busy");
  });

  it("can be spent once", () => {
    request("approval-1");
    approvals.resolve("approval-1", "allow-once", "me");
    approvals.spend("approval-1");
    expect(approvals.find("approval-1")).toBeUndefined();
  });

  it("is forgotten some time after its end", () => {
    request("approval-1");
    approvals.resolve("approval-1", "deny", "me");
    vi.advanceTimersByTime(11 * 60_000);
    request("approval-2");
    expect(approvals.find("approval-1")).toBeUndefined();
  });
});
