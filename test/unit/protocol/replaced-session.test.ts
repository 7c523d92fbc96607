import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { emptyLadder } from "../../../protocol/ladder/steps.ts";
import { fakeSession, lost, setUp } from "./fake-climbs.ts";

const flush = () => vi.advanceTimersByTimeAsync(0);

describe("a session that another one replaces", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const connected = async () => {
    const { connection, climb, climbs } = setUp();
    const first = fakeSession();
    connection.start();
    climb(0).resolve(first.session);
    await flush();
    return { connection, climbs, first, second: fakeSession() };
  };

  it("gives way without the connection ever being away", async () => {
    const { connection, climbs, first, second } = await connected();
    const phases: string[] = [];
    const opened: unknown[] = [];
    const seen: string[] = [];
    connection.onState(({ phase }) => phases.push(phase));
    connection.onSession((session) => opened.push(session));
    connection.onEvent(({ event }) => seen.push(event));
    expect(connection.replace(second.session, emptyLadder)).toBe(true);
    expect(phases).toEqual(["connected"]);
    expect(opened).toEqual([second.session]);
    first.events.fire({ event: "old", payload: {} });
    second.events.fire({ event: "new", payload: {} });
    expect(seen).toEqual(["new"]);
    await connection.request("health");
    expect(second.session.request).toHaveBeenCalled();
    expect(climbs).toHaveLength(1);
    connection.dispose();
  });

  it("is open for the answers that are on their way, and then closed", async () => {
    const { connection, first, second } = await connected();
    connection.replace(second.session, emptyLadder);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(first.session.close).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(first.session.close).toHaveBeenCalledTimes(1);
    expect(connection.state.phase).toBe("connected");
    connection.dispose();
  });

  it("is closed with the connection", async () => {
    const { connection, first, second } = await connected();
    connection.replace(second.session, emptyLadder);
    connection.dispose();
    expect(first.session.close).toHaveBeenCalledTimes(1);
    expect(second.session.close).toHaveBeenCalledTimes(1);
  });

  it("may be lost afterwards: only the new one counts", async () => {
    const { connection, climbs, first, second } = await connected();
    connection.replace(second.session, emptyLadder);
    first.lose(lost());
    await flush();
    expect(connection.state.phase).toBe("connected");
    second.lose(lost());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(climbs.length).toBeGreaterThan(1);
    connection.dispose();
  });

  it("cannot be replaced when there is none: the new one is closed", async () => {
    const { connection, first, second } = await connected();
    first.lose(lost());
    await flush();
    expect(connection.replace(second.session, emptyLadder)).toBe(false);
    expect(second.session.close).toHaveBeenCalled();
    expect(connection.state.phase).toBe("waiting");
    connection.dispose();
  });
});
