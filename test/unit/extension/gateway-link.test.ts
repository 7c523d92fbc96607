import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { GatewaySession } from "../../../protocol/client/gateway-session.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import { GatewayLink } from "../../../extension/connection/gateway-link.ts";
import { CLOUD, HOME, fakeSession } from "./fakes.ts";

/** A link whose climbs end as the test says, one a time. */
function setUp() {
  const climbs: (PromiseWithResolvers<GatewaySession> & { context: OpenContext })[] = [];
  const disposed: string[] = [];
  const link = new GatewayLink({
    openRoad: ({ name, target }) => ({
      target,
      path: `to ${name}`,
      climb: (context) => {
        const climb = { ...Promise.withResolvers<GatewaySession>(), context };
        context.signal.addEventListener("abort", () => climb.reject(new CancelledError()));
        climbs.push(climb);
        return climb.promise;
      },
      dispose: () => disposed.push(name),
    }),
    logger: silentLogger,
  });
  const last = () => {
    const climb = climbs.at(-1);
    if (climb === undefined) throw new Error("nothing climbs");
    return climb;
  };
  return { link, climbs, disposed, last };
}

const refused = () => new ConnectError("TCP_REFUSED", "refused");

describe("the connection of a window", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const flush = () => vi.advanceTimersByTimeAsync(0);

  it("is connected once the climb has a session", async () => {
    const { link, last } = setUp();
    const outcome = link.connect(HOME, { interactive: true });
    expect(link.view).toMatchObject({ profile: HOME, path: "to home-server", state: { phase: "connecting" } });
    expect(last().context.interactive).toBe(true);
    last().resolve(fakeSession().session);
    expect(await outcome).toEqual({ type: "connected" });
    expect(link.view.state.phase).toBe("connected");
    expect(link.view.connectedAt).toBeDefined();
    link.dispose();
  });

  it("does not go on trying behind a person whose first climb failed, whatever failed", async () => {
    const { link, climbs, last } = setUp();
    const outcome = link.connect(HOME, { interactive: true });
    last().reject(refused());
    expect(await outcome).toMatchObject({ type: "failed", failure: { code: "TCP_REFUSED" } });
    expect(link.view.state.phase).toBe("failed");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(climbs).toHaveLength(1);
  });

  it("tries again with prompts when a person says so", async () => {
    const { link, climbs, last } = setUp();
    void link.connect(HOME, { interactive: true });
    last().reject(refused());
    await flush();
    const outcome = link.retry();
    expect(climbs).toHaveLength(2);
    expect(last().context.interactive).toBe(true);
    last().resolve(fakeSession().session);
    expect(await outcome).toEqual({ type: "connected" });
    link.dispose();
  });

  it("never asks after a reload of the window, and goes on trying", async () => {
    const { link, climbs, last } = setUp();
    void link.connect(HOME, { interactive: false });
    expect(last().context.interactive).toBe(false);
    last().reject(refused());
    await flush();
    expect(link.view.state.phase).toBe("waiting");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(climbs.length).toBeGreaterThan(1);
    expect(last().context.interactive).toBe(false);
    link.dispose();
  });

  it("takes a cancel for an answer", async () => {
    const { link } = setUp();
    const outcome = link.connect(HOME, { interactive: true });
    link.disconnect();
    expect(await outcome).toEqual({ type: "cancelled" });
    expect(link.view.state.phase).toBe("disconnected");
  });

  it("keeps a Gateway that was reached when another comes to the front, and goes back at once", async () => {
    const { link, climbs, disposed, last } = setUp();
    const opened: GatewaySession[] = [];
    const told: string[] = [];
    link.onSession((session) => opened.push(session));
    link.onEvent(({ event }) => told.push(event));
    link.onLineEvent(({ gateway, event }) => told.push(`${gateway} ${event.event}`));
    void link.connect(HOME, { interactive: true });
    const home = fakeSession();
    last().resolve(home.session);
    await flush();
    void link.connect(CLOUD, { interactive: true });
    const cloud = fakeSession();
    last().resolve(cloud.session);
    await flush();
    expect(link.view).toMatchObject({ profile: CLOUD, state: { phase: "connected" } });
    expect(link.others).toMatchObject([{ profile: HOME, state: { phase: "connected" } }]);
    home.events.fire({ event: "chat", payload: {} });
    expect(told).toEqual(["ssh:alice@home chat"]);
    expect(await link.connect(HOME, { interactive: true })).toEqual({ type: "connected" });
    expect(climbs).toHaveLength(2);
    expect(opened).toEqual([home.session, cloud.session, home.session]);
    expect(disposed).toEqual([]);
    link.disconnect();
    expect(home.isClosed()).toBe(true);
    expect(link.view).toMatchObject({ profile: CLOUD, state: { phase: "connected" } });
    link.dispose();
    expect(cloud.isClosed()).toBe(true);
    expect(disposed).toEqual(["home-server", "cloud"]);
  });

  it("lets an attempt go that was never answered when another Gateway is chosen, or it is cancelled", async () => {
    const { link, disposed, last } = setUp();
    void link.connect(HOME, { interactive: true });
    last().resolve(fakeSession().session);
    await flush();
    const attempt = link.connect(CLOUD, { interactive: true });
    link.disconnect();
    expect(await attempt).toEqual({ type: "cancelled" });
    expect(link.view.profile).toEqual(HOME);
    void link.connect(CLOUD, { interactive: true });
    await link.connect(HOME, { interactive: true });
    expect(link.others).toEqual([]);
    expect(disposed).toEqual(["cloud", "cloud"]);
    link.dispose();
  });

  it("is back at the Gateway before when a person cancels a question of the next one", async () => {
    const { link, last } = setUp();
    void link.connect(HOME, { interactive: true });
    last().resolve(fakeSession().session);
    await flush();
    const attempt = link.connect(CLOUD, { interactive: true });
    last().reject(new CancelledError());
    expect(await attempt).toEqual({ type: "cancelled" });
    expect(link.view).toMatchObject({ profile: HOME, state: { phase: "connected" } });
    expect(link.others).toEqual([]);
    link.dispose();
  });

  it("reconnects a Gateway in the background without a word in front", async () => {
    const { link, climbs, last } = setUp();
    void link.connect(HOME, { interactive: true });
    const home = fakeSession();
    last().resolve(home.session);
    await flush();
    void link.connect(CLOUD, { interactive: true });
    last().resolve(fakeSession().session);
    await flush();
    let changes = 0;
    link.onChange(() => changes++);
    home.lose(new ConnectError("LINK_LOST", "gone"));
    await flush();
    expect(link.others[0]?.state.phase).toBe("waiting");
    expect(link.view.state.phase).toBe("connected");
    expect(changes).toBe(0);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(climbs.length).toBeGreaterThan(2);
    expect(last().context.interactive).toBe(false);
    link.dispose();
  });

  it("is connected to eight Gateways at most, and leaves the one that was in front the longest time ago", async () => {
    const { link, disposed, last } = setUp();
    for (let n = 0; n < 9; n++) {
      void link.connect({ name: `g${n}`, target: { kind: "url", url: `wss://g${n}/` } }, { interactive: true });
      last().resolve(fakeSession().session);
      await flush();
    }
    expect(disposed).toEqual(["g0"]);
    expect(link.others).toHaveLength(7);
    link.dispose();
  });

  it("reconnects by itself when the link is lost, without prompts, and tells sessions apart", async () => {
    const { link, last } = setUp();
    const opened: GatewaySession[] = [];
    link.onSession((session) => opened.push(session));
    void link.connect(HOME, { interactive: true });
    const first = fakeSession();
    last().resolve(first.session);
    await flush();
    first.lose(new ConnectError("LINK_LOST", "gone"));
    await flush();
    expect(link.view.state.phase).toBe("waiting");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(last().context.interactive).toBe(false);
    const second = fakeSession();
    last().resolve(second.session);
    await flush();
    expect(opened).toEqual([first.session, second.session]);
    await link.request("health");
    expect(second.requests.map(({ method }) => method)).toContain("health");
    link.dispose();
  });

  it("refuses a request while there is no connection", async () => {
    const { link } = setUp();
    await expect(link.request("health")).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  it("keeps the last round trips", async () => {
    const { link, last } = setUp();
    void link.connect(HOME, { interactive: true });
    last().resolve({ ...fakeSession().session, ping: async () => 7 });
    await vi.advanceTimersByTimeAsync(6_000);
    expect(link.view.latency).toContain(7);
    link.dispose();
  });
});
