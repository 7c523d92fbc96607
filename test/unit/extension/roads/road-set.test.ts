import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CancelledError, ConnectError } from "../../../../protocol/errors/connect-error.ts";
import { silentLogger } from "../../../../protocol/util/logger.ts";
import { ProofStore } from "../../../../extension/connection/roads/proof-store.ts";
import { RoadSet } from "../../../../extension/connection/roads/road-set.ts";
import type { Traveller } from "../../../../extension/connection/roads/road.ts";
import { memory } from "../fakes.ts";
import { FakeGateway, FakeRoad, PINNED, PLAIN, SSH, TLS, climbContext } from "./fake-roads.ts";

const flush = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
/** Past the first look around. */
const LOOKED = 2_500;

describe("several roads to one Gateway", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** The entry's own target is the SSH host; the others are proven unless a test says not. */
  function setUp({ proven = true, main = SSH, others = [TLS] }: Partial<Setting> = {}) {
    const gateway = new FakeGateway();
    const roads = [main, ...others].map((target) => new FakeRoad(target, gateway));
    const proofs = new ProofStore(memory());
    if (proven) for (const target of others) void proofs.add(main, target);
    const traveller = {
      replaceSession: vi.fn<Traveller["replaceSession"]>(() => true),
      waysChanged: vi.fn(),
      showApproval: vi.fn<Traveller["showApproval"]>(),
    };
    const [own, ...rest] = roads;
    if (own === undefined) throw new Error("no road");
    const set = new RoadSet({ main: own, others: rest, proofs, traveller, logger: silentLogger });
    const states = () => Object.fromEntries(set.ways.map(({ path, state }) => [path.replace("to ", ""), state]));
    const [first, second] = roads;
    if (first === undefined || second === undefined) throw new Error("two roads are wanted");
    return { set, first, second, roads, gateway, proofs, traveller, states };
  }
  interface Setting {
    readonly proven: boolean;
    readonly main: FakeRoad["target"];
    readonly others: readonly FakeRoad["target"][];
  }

  const reach = async (set: RoadSet, options?: Parameters<typeof climbContext>[0]) => {
    const { context, shown } = climbContext(options);
    const climb = set.climb(context).then(
      (session) => ({ session, error: undefined }),
      (error: unknown) => ({ session: undefined, error }),
    );
    await flush(20_000);
    return { ...(await climb), shown };
  };

  it("takes the safest that opens, whatever the order of the entry", async () => {
    const { set, second, states } = setUp({ main: TLS, others: [SSH] });
    await reach(set);
    expect(set.target).toEqual(SSH);
    expect(second.sessions[0]?.isClosed()).toBe(false);
    expect(states()).toEqual({ home: "active", "wss://home.example/": "ready" });
    set.dispose();
  });

  it("climbs the next one a moment later and does not wait long for one that hangs, whose end it still hears", async () => {
    const { set, first, second, states } = setUp();
    first.ms = 15_000;
    first.blocked = "SSH_AUTH_FAILED";
    const { context } = climbContext();
    const climb = set.climb(context);
    await flush(200);
    expect(second.climbs).toHaveLength(0);
    await flush(1_500);
    expect(set.target).toEqual(SSH);
    await flush(100);
    await climb;
    expect(set.target).toEqual(TLS);
    expect(first.climbs[0]?.signal.aborted).toBe(false);
    first.probes = false;
    await flush(14_000);
    expect(states()["home"]).toBe("refused");
    set.dispose();
  });

  it("climbs no other one where the safest is open at once", async () => {
    const { set, second } = setUp();
    await reach(set);
    expect(second.climbs).toHaveLength(0);
    set.dispose();
  });

  it("closes what it does not take", async () => {
    const { set, first, second } = setUp();
    first.ms = 500;
    await reach(set);
    expect(set.target).toEqual(SSH);
    expect(second.sessions.map((made) => made.isClosed())).toEqual([true]);
    set.dispose();
  });

  it("closes what opens when it is no longer waited for", async () => {
    const { set, first } = setUp();
    first.ms = 5_000;
    first.probes = false;
    await reach(set);
    expect(set.target).toEqual(TLS);
    expect(first.sessions.map((made) => made.isClosed())).toEqual([true]);
    set.dispose();
  });

  it("stands in for one that is away and shows the ladder of the one that is open", async () => {
    const { set, first, states } = setUp();
    first.blocked = "TCP_REFUSED";
    const { shown } = await reach(set);
    expect(set.path).toBe("to wss://home.example/");
    expect(shown().at(-1)).toBe("to wss://home.example/");
    expect(states()).toEqual({ home: "away", "wss://home.example/": "active" });
    set.dispose();
  });

  it("goes past a road that has a question only where nobody is there to answer, and says so", async () => {
    const { set, first, states } = setUp();
    first.blocked = "SSH_AUTH_FAILED";
    expect((await reach(set)).session).toBeDefined();
    expect(states()["home"]).toBe("refused");
    const asked = await reach(set, { interactive: true });
    expect(asked.error).toMatchObject({ code: "SSH_AUTH_FAILED" });
    expect(first.climbs.map(({ interactive }) => interactive)).toEqual([false, false, true]);
    expect(set.target).toEqual(SSH);
    set.dispose();
  });

  it.each([
    ["HOST_KEY_CHANGED", "refused"],
    ["NOT_SSH", "refused"],
    ["WINDOW_MISMATCH", "away"],
  ] as const)("goes past a road that ends with %s, which no answer mends, and shows it as %s", async (code, state) => {
    const { set, first, states } = setUp();
    first.blocked = code;
    expect((await reach(set, { interactive: true })).session).toBeDefined();
    expect(states()).toEqual({ home: state, "wss://home.example/": "active" });
    expect(first.climbs.some(({ interactive }) => interactive)).toBe(false);
    await flush(600_000);
    expect(first.climbs.length > 1).toBe(state === "away");
    set.dispose();
  });

  it("asks a person on the road that answers, when none of them is open", async () => {
    const { set, first, second } = setUp();
    first.blocked = "TCP_TIMEOUT";
    second.blocked = "CREDENTIAL_MISSING";
    await reach(set, { interactive: true });
    expect(second.climbs.map(({ interactive }) => interactive)).toEqual([false, true]);
    expect(first.climbs).toHaveLength(1);
    set.dispose();
  });

  it("tries a wrong credential once only, however often the other way is lost", async () => {
    const { set, first, second } = setUp();
    second.blocked = "CREDENTIAL_WRONG";
    first.ms = 400;
    for (let times = 0; times < 3; times += 1) {
      await reach(set);
      first.sessions.at(-1)?.lose(new ConnectError("LINK_LOST", "gone"));
    }
    expect([first.climbs.length, second.climbs.length]).toEqual([3, 1]);
    first.blocked = "HOST_KEY_CHANGED";
    expect((await reach(set)).error).toMatchObject({ code: "HOST_KEY_CHANGED" });
    expect((await reach(set)).error).toMatchObject({ code: "HOST_KEY_CHANGED" });
    expect(second.climbs).toHaveLength(1);
    set.dispose();
  });

  it("has a Gateway started where none runs only when no other way has one that asks", async () => {
    const { set, first, second } = setUp();
    first.blocked = "GATEWAY_NOT_RUNNING";
    second.blocked = "CREDENTIAL_MISSING";
    await reach(set, { interactive: true });
    expect(set.target).toEqual(TLS);
    second.blocked = "TCP_TIMEOUT";
    await reach(set, { interactive: true });
    expect(set.target).toEqual(SSH);
    expect(first.climbs.at(-1)?.interactive).toBe(true);
    set.dispose();
  });

  it("fails with the reason of the safest, so that the loop goes on as it would with that one alone", async () => {
    const { set, first, second } = setUp();
    first.blocked = "TCP_TIMEOUT";
    second.blocked = "CREDENTIAL_WRONG";
    expect((await reach(set)).error).toMatchObject({ code: "TCP_TIMEOUT" });
    set.dispose();
  });

  it("never takes one that was not proven, nor plain ws, also when it was", async () => {
    const unproven = setUp({ proven: false });
    unproven.first.blocked = "TCP_REFUSED";
    expect((await reach(unproven.set)).error).toMatchObject({ code: "TCP_REFUSED" });
    expect(unproven.second.climbs).toHaveLength(0);
    const plain = setUp({ others: [PLAIN] });
    plain.first.blocked = "TCP_REFUSED";
    expect((await reach(plain.set)).error).toMatchObject({ code: "TCP_REFUSED" });
    expect(plain.second.climbs).toHaveLength(0);
    expect(plain.states()["ws://192.168.1.5:18789/"]).toBe("unsafe");
  });

  it("proves a road in the background over the one that is open", async () => {
    const { set, second, proofs, states, traveller } = setUp({ proven: false });
    await reach(set);
    await flush(LOOKED);
    expect(proofs.has(SSH, TLS)).toBe(true);
    expect(states()).toEqual({ home: "active", "wss://home.example/": "ready" });
    expect(second.climbs.map(({ interactive }) => interactive)).toEqual([false]);
    expect(second.sessions.map((made) => made.isClosed())).toEqual([true]);
    expect(traveller.replaceSession).not.toHaveBeenCalled();
    await flush(600_000);
    expect(second.climbs).toHaveLength(1);
    set.dispose();
  });

  it("does not take another Gateway for this one, and asks it no second time", async () => {
    const { set, second, proofs, states } = setUp({ proven: false });
    second.gateway = new FakeGateway();
    await reach(set);
    await flush(600_000);
    expect(proofs.has(SSH, TLS)).toBe(false);
    expect(states()["wss://home.example/"]).toBe("refused");
    expect(set.ways[1]?.failure?.code).toBe("GATEWAY_DIFFERENT");
    expect(second.climbs).toHaveLength(1);
    expect(second.sessions.map((made) => made.isClosed())).toEqual([true]);
    set.dispose();
  });

  it("moves an open session over to a safer road that is back", async () => {
    const { set, first, traveller } = setUp();
    first.blocked = "TCP_REFUSED";
    await reach(set);
    first.blocked = undefined;
    await flush(120_000);
    const safer = first.sessions[0];
    expect(traveller.replaceSession).toHaveBeenCalledTimes(1);
    expect(traveller.replaceSession.mock.calls[0]?.[0]).toBe(safer?.session);
    expect(safer?.isClosed()).toBe(false);
    expect(set.target).toEqual(SSH);
    set.dispose();
  });

  it("stays where it is when the safer road is another Gateway now, and no longer stands in for it", async () => {
    const { set, first, second, proofs, traveller } = setUp();
    first.blocked = "TCP_REFUSED";
    await reach(set);
    first.blocked = undefined;
    first.gateway = new FakeGateway();
    await flush(120_000);
    expect(traveller.replaceSession).not.toHaveBeenCalled();
    expect(set.target).toEqual(TLS);
    expect(proofs.has(SSH, TLS)).toBe(false);
    // Lost now, it does not go on with that other Gateway by itself; a person may.
    const before = first.climbs.length;
    second.sessions.at(-1)?.lose(new ConnectError("LINK_LOST", "gone"));
    expect((await reach(set)).error).toMatchObject({ code: "GATEWAY_DIFFERENT" });
    expect(first.climbs).toHaveLength(before);
    expect((await reach(set, { interactive: true })).session).toBeDefined();
    expect(set.target).toEqual(SSH);
    set.dispose();
  });

  it("does not climb while the port of the safer road does not answer", async () => {
    const { set, first } = setUp();
    first.blocked = "TCP_REFUSED";
    await reach(set);
    first.probes = false;
    const before = first.climbs.length;
    await flush(600_000);
    expect(first.climbs).toHaveLength(before);
    first.probes = true;
    first.blocked = undefined;
    set.wake();
    await flush(1_000);
    expect(set.target).toEqual(SSH);
    set.dispose();
  });

  it("looks no further when the session is gone, and begins again with the next", async () => {
    const { set, first, second } = setUp();
    first.blocked = "TCP_REFUSED";
    await reach(set);
    const before = first.climbs.length;
    second.sessions.at(-1)?.lose(new ConnectError("LINK_LOST", "gone"));
    await flush(600_000);
    expect(first.climbs).toHaveLength(before);
    set.dispose();
  });

  it("ends with everything closed when it is cancelled", async () => {
    const { set, first, second } = setUp();
    first.ms = 15_000;
    const stop = new AbortController();
    const { context } = climbContext({ signal: stop.signal });
    const climb = set.climb(context);
    const cancelled = climb.catch((error: unknown) => error);
    await flush(500);
    stop.abort();
    await flush();
    expect(await cancelled).toBeInstanceOf(CancelledError);
    expect(second.sessions.map((made) => made.isClosed())).toEqual([true]);
    expect(vi.getTimerCount()).toBe(0);
    set.dispose();
    expect([first.isDisposed, second.isDisposed]).toEqual([true, true]);
  });

  it("tells a waiting connection that a road is back when any that was away is", async () => {
    const { set, first, second } = setUp({ others: [PINNED] });
    first.blocked = "TCP_REFUSED";
    second.blocked = "TCP_REFUSED";
    await reach(set);
    const { signal } = new AbortController();
    first.probes = false;
    second.probes = false;
    expect(await set.probe(signal)).toBe(false);
    second.probes = true;
    expect(await set.probe(signal)).toBe(true);
    set.dispose();
  });
});
