import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import { fakeSession, lost, setUp } from "./fake-climbs.ts";

const flush = () => vi.advanceTimersByTimeAsync(0);

describe("a Gateway connection", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("connects, passes events on and answers requests", async () => {
    const { connection, climb } = setUp();
    const { session, events } = fakeSession();
    const seen: string[] = [];
    connection.onEvent(({ event }) => seen.push(event));
    connection.start();
    expect(climb(0).context.interactive).toBe(true);
    climb(0).resolve(session);
    await flush();
    events.fire({ event: "tick", payload: {} });
    expect(connection.state.phase).toBe("connected");
    expect(seen).toEqual(["tick"]);
    await expect(connection.request("health")).resolves.toEqual({ ok: true });
    connection.dispose();
  });

  it("does not retry a first connect that fails: a person is waiting for the answer", async () => {
    const { connection, climb, climbs } = setUp();
    connection.start();
    climb(0).reject(new ConnectError("TCP_REFUSED", "refused"));
    await vi.advanceTimersByTimeAsync(120_000);
    expect(connection.state).toMatchObject({ phase: "failed", failure: { code: "TCP_REFUSED", step: "tcp" } });
    expect(climbs).toHaveLength(1);
  });

  it("waits with a starting Gateway even on the first connect, as long as the Gateway wishes", async () => {
    const { connection, climb, climbs } = setUp();
    connection.start();
    climb(0).reject(new ConnectError("GATEWAY_STARTING", "starting", { retryAfterMs: 5_000 }));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(climbs).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(climbs).toHaveLength(2);
    connection.dispose();
  });

  it("reconnects after a lost link with growing waits and without asking anybody", async () => {
    const { connection, climb, climbs } = setUp();
    const { session, lose } = fakeSession();
    connection.start();
    climb(0).resolve(session);
    await flush();
    lose(lost());
    await flush();
    expect(connection.state).toMatchObject({ phase: "waiting", attempt: 1 });
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      const before = Date.now();
      while (climbs.length === attempt) await vi.advanceTimersByTimeAsync(100);
      waits.push(Math.round((Date.now() - before) / 1000));
      expect(climb(attempt).context.interactive).toBe(false);
      climb(attempt).reject(lost());
      await flush();
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
    connection.dispose();
  });

  it("stops at once when the Gateway refuses the credential on a reconnect", async () => {
    const { connection, climb, climbs } = setUp();
    const { session, lose } = fakeSession();
    connection.start();
    climb(0).resolve(session);
    await flush();
    lose(lost());
    await vi.advanceTimersByTimeAsync(1_500);
    climb(1).reject(new ConnectError("CREDENTIAL_WRONG", "wrong"));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(connection.state).toMatchObject({ phase: "failed", failure: { code: "CREDENTIAL_WRONG" } });
    expect(climbs).toHaveLength(2);
  });

  it("gives up in the end, and says so", async () => {
    const { connection, climbs } = setUp();
    connection.start({ interactive: false });
    for (let attempt = 0; attempt < 200 && connection.state.phase !== "failed"; attempt += 1) {
      climbs.at(-1)?.reject(lost());
      await vi.advanceTimersByTimeAsync(31_000);
    }
    expect(connection.state).toMatchObject({ phase: "failed", failure: { code: "LINK_LOST" } });
    expect(climbs.length).toBeLessThan(130);
  });

  it("drops a session that arrives after it was stopped", async () => {
    const { connection, climb } = setUp();
    const { session } = fakeSession();
    connection.start();
    connection.stop();
    expect(climb(0).context.signal.aborted).toBe(true);
    climb(0).resolve(session);
    await flush();
    expect(connection.state.phase).toBe("disconnected");
    expect(session.close).toHaveBeenCalled();
  });

  it("takes a cancelled prompt as a wish, not as a failure", async () => {
    const { connection, climb } = setUp();
    connection.start();
    climb(0).reject(new CancelledError());
    await flush();
    expect(connection.state.phase).toBe("disconnected");
  });

  it("sees a silent link within 10 seconds and reconnects", async () => {
    const { connection, climb, climbs } = setUp();
    const { session } = fakeSession();
    connection.start();
    climb(0).resolve(session);
    await flush();
    session.ping.mockImplementation(
      (ms?: number) => new Promise((_, reject) => setTimeout(() => reject(new Error("silent")), ms)),
    );
    await vi.advanceTimersByTimeAsync(10_000);
    expect(connection.state.phase).not.toBe("connected");
    expect(session.close).toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(climbs.length).toBe(2);
    connection.dispose();
  });

  it("warns after two bad health polls, not after one, and forgives on the next good one", async () => {
    const { connection, climb } = setUp();
    const { session } = fakeSession();
    connection.start();
    climb(0).resolve(session);
    await flush();
    const badPolls = () => (connection.state.phase === "connected" ? connection.state.badPolls : undefined);
    session.request.mockRejectedValue(new Error("busy"));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(badPolls()).toBe(2);
    session.request.mockResolvedValue({ ok: true } as never);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(badPolls()).toBe(0);
    connection.dispose();
  });

  it("tries at once when a person asks, whatever the wait", async () => {
    const { connection, climb, climbs } = setUp();
    connection.start({ interactive: false });
    climb(0).reject(lost());
    await flush();
    connection.retryNow();
    expect(climbs).toHaveLength(2);
    expect(climb(1).context.interactive).toBe(true);
    connection.dispose();
  });

  it("refuses requests while there is no link, with a typed error", async () => {
    const { connection } = setUp();
    await expect(connection.request("health")).rejects.toMatchObject({ code: "LINK_LOST" });
  });
});
