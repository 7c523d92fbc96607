import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ErrorCode } from "../../../protocol/errors/catalogue.ts";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { fakeSession, lost, setUp } from "./fake-climbs.ts";

const flush = () => vi.advanceTimersByTimeAsync(0);
const failure = (code: ErrorCode) => new ConnectError(code, "as the test says");

/** A connection that was there, is lost, and has failed `failures` times since. */
async function outage({ failures, code, probe }: { failures: number; code: ErrorCode; probe?: () => boolean }) {
  const probed = vi.fn(async () => probe?.() ?? false);
  const made = setUp({ probe: probed });
  const { session, lose } = fakeSession();
  made.connection.start();
  made.climb(0).resolve(session);
  await flush();
  lose(lost());
  await flush();
  for (let attempt = 1; attempt <= failures; attempt += 1) {
    while (made.climbs.length === attempt) await vi.advanceTimersByTimeAsync(100);
    made.climb(attempt).reject(failure(code));
    await flush();
  }
  return { ...made, probed };
}

describe("a connection after an outage", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is tried as soon as the other end is there again, however long the wait", async () => {
    let there = false;
    const { connection, climbs } = await outage({ failures: 5, code: "TCP_TIMEOUT", probe: () => there });
    const made = climbs.length;
    await vi.advanceTimersByTimeAsync(7_000);
    expect(climbs).toHaveLength(made);
    there = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(climbs).toHaveLength(made + 1);
    connection.dispose();
  });

  it("does not ask again an end that is there and does not let it in", async () => {
    const { connection, climbs, probed } = await outage({ failures: 5, code: "SSH_CLOSED", probe: () => true });
    const made = climbs.length;
    const asked = probed.mock.calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(climbs).toHaveLength(made);
    expect(probed.mock.calls.length - asked).toBe(1);
    connection.dispose();
  });

  it("leaves an end alone that says itself when to come back", async () => {
    const { connection, climbs, probed } = await outage({ failures: 1, code: "GATEWAY_BUSY", probe: () => true });
    const asked = probed.mock.calls.length;
    await vi.advanceTimersByTimeAsync(900);
    expect(climbs).toHaveLength(2);
    expect(probed.mock.calls.length - asked).toBe(0);
    connection.dispose();
  });

  it("asks nobody any more once it was stopped", async () => {
    const { connection, probed } = await outage({ failures: 5, code: "TCP_REFUSED" });
    connection.stop();
    const asked = probed.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probed.mock.calls.length).toBe(asked);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait again for an attempt that hung as long as the wait", async () => {
    const { connection, climbs, climb } = await outage({ failures: 3, code: "SSH_TIMEOUT" });
    while (climbs.length === 4) await vi.advanceTimersByTimeAsync(100);
    await vi.advanceTimersByTimeAsync(15_000);
    climb(4).reject(failure("SSH_TIMEOUT"));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(climbs).toHaveLength(6);
    connection.dispose();
  });

  it("begins with a short wait again when it had held, whichever way its end was seen", async () => {
    const { connection, climbs, climb } = await outage({ failures: 4, code: "TCP_REFUSED" });
    while (climbs.length === 5) await vi.advanceTimersByTimeAsync(100);
    const { session } = fakeSession();
    climb(5).resolve(session);
    await vi.advanceTimersByTimeAsync(6_000);
    session.ping.mockRejectedValue(new Error("silent"));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(connection.state).toMatchObject({ phase: "waiting", attempt: 1 });
    connection.dispose();
  });

  it("waits four seconds at the most for an end that lets it in and loses it again", async () => {
    const { connection, climbs, climb } = setUp();
    connection.start();
    for (let attempt = 0; attempt < 8; attempt += 1) {
      const { session, lose } = fakeSession();
      climb(attempt).resolve(session);
      await flush();
      lose(lost());
      await vi.advanceTimersByTimeAsync(4_000);
      expect(climbs).toHaveLength(attempt + 2);
    }
    connection.dispose();
  });
});

describe("a computer that slept", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** The clock goes on and the timers do not, as in a sleep. */
  const sleep = (ms: number) => vi.setSystemTime(Date.now() + ms);

  async function connected() {
    const made = setUp();
    const { session } = fakeSession();
    made.connection.start();
    made.climb(0).resolve(session);
    await vi.advanceTimersByTimeAsync(2_000);
    return { ...made, session };
  }

  it("keeps a link that still answers", async () => {
    const { connection, climbs, session } = await connected();
    const pings = session.ping.mock.calls.length;
    sleep(600_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(session.ping.mock.calls.length).toBeGreaterThan(pings);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(connection.state.phase).toBe("connected");
    expect(climbs).toHaveLength(1);
    connection.dispose();
  });

  it("replaces a link that does not answer within three seconds of waking", async () => {
    const { connection, climbs, session } = await connected();
    session.ping.mockImplementation(
      (ms?: number) => new Promise((_, reject) => setTimeout(() => reject(new Error("silent")), ms)),
    );
    sleep(600_000);
    await vi.advanceTimersByTimeAsync(2_600);
    expect(climbs).toHaveLength(2);
    expect(connection.state.phase).toBe("connecting");
    connection.dispose();
  });

  it("does not take an old ping whose time ran out in the sleep for a dead link", async () => {
    const { connection, climbs, session } = await connected();
    session.ping.mockImplementationOnce(
      (ms?: number) => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), ms)),
    );
    await vi.advanceTimersByTimeAsync(3_500);
    sleep(30_000);
    await vi.advanceTimersByTimeAsync(8_000);
    expect(connection.state.phase).toBe("connected");
    expect(climbs).toHaveLength(1);
    connection.dispose();
  });

  it("tries at once when it was waiting, and begins anew what it was trying", async () => {
    const { connection, climbs, climb } = setUp();
    connection.start({ interactive: false });
    for (const attempt of [0, 1, 2, 3]) {
      while (climbs.length === attempt) await vi.advanceTimersByTimeAsync(100);
      climb(attempt).reject(lost());
      await flush();
    }
    sleep(600_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(climbs).toHaveLength(5);
    sleep(600_000);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(climb(4).context.signal.aborted).toBe(true);
    expect(climbs).toHaveLength(6);
    connection.dispose();
  });

  it("leaves alone a person who is being asked", async () => {
    const { connection, climbs, climb } = setUp();
    connection.start({ interactive: true });
    sleep(600_000);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(climbs).toHaveLength(1);
    expect(climb(0).context.signal.aborted).toBe(false);
    connection.dispose();
  });
});
