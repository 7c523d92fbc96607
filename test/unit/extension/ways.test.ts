import { describe, expect, it, vi } from "vitest";
import { translator } from "../../../protocol/l10n/translate.ts";
import { type WayPorts, addWay, manageWays } from "../../../extension/commands/ways.ts";
import { type GatewayProfile, targetKey } from "../../../extension/connection/profile.ts";
import { ProfileStore } from "../../../extension/connection/profile-store.ts";
import { ProofStore } from "../../../extension/connection/roads/proof-store.ts";
import { silentLogger } from "../../../protocol/util/logger.ts";
import { type Answer, CLOUD, HOME, connectedState, linkView, memory, scriptedPrompts, setting } from "./fakes.ts";
import { FakeGateway, FakeRoad, PLAIN, TLS } from "./roads/fake-roads.ts";

const t = translator("en");
const TWO: GatewayProfile = { ...HOME, roads: [TLS] };

describe("the ways of a Gateway", () => {
  /** A window with saved Gateways, one of them connected unless a test says not. */
  async function setUp(saved: readonly GatewayProfile[], answers: readonly Answer[], connected = true) {
    const gateway = new FakeGateway();
    const roads: FakeRoad[] = [];
    const profiles = new ProfileStore({ setting: setting([]), memory: memory(), logger: silentLogger });
    for (const profile of saved) await profiles.remember(profile, 1);
    const prompts = scriptedPrompts(...answers);
    const { session } = gateway.session();
    const ports = {
      prompts,
      profiles,
      credentials: { load: vi.fn(async () => ({ token: "saved" })), forget: vi.fn(async () => undefined) },
      proofs: new ProofStore(memory()),
      link: {
        viewOf: () => (connected ? linkView(connectedState) : undefined),
        requestOf: <T>(_gateway: string, { method }: { readonly method: string }) => session.request<T>(method),
      },
      connect: vi.fn(async () => true),
      choose: vi.fn<WayPorts["choose"]>(async () => ({ name: "x", target: TLS })),
      openWay: (target) => {
        const road = new FakeRoad(target, gateway);
        roads.push(road);
        return road;
      },
      askCredential: vi.fn(async () => undefined),
      progress: (_title, work) => work(new AbortController().signal),
      t,
    } satisfies WayPorts;
    return { ports, profiles, roads, gateway, said: prompts.said };
  }

  it("get another one, which the person chose and the Gateway has seen", async () => {
    const { ports, profiles, roads, said } = await setUp([HOME], []);
    await addWay(HOME, ports);
    expect(ports.choose).toHaveBeenCalledWith("Another way to home-server");
    expect(profiles.list()[0]).toMatchObject(TWO);
    expect(ports.proofs.has(HOME.target, TLS)).toBe(true);
    expect(ports.connect).toHaveBeenCalledWith(TWO);
    expect(roads.map(({ isDisposed, sessions }) => [isDisposed, sessions[0]?.isClosed()])).toEqual([[true, true]]);
    expect(said.at(-1)).toContain("wss://home.example/ leads to home-server");
  });

  it("are compared over a connection that is made for it when there is none", async () => {
    const { ports } = await setUp([HOME], [], false);
    await addWay(HOME, ports);
    expect(ports.connect.mock.calls).toEqual([[HOME], [TWO]]);
    ports.connect.mockResolvedValue(false);
    const before = ports.proofs.has(HOME.target, CLOUD.target);
    ports.choose.mockResolvedValue(CLOUD);
    await addWay(HOME, ports);
    expect([before, ports.proofs.has(HOME.target, CLOUD.target)]).toEqual([false, false]);
  });

  it("get neither one that is there already nor plain ws to another computer", async () => {
    const { ports, roads, said } = await setUp([TWO], []);
    await addWay(TWO, ports);
    expect(said.at(-1)).toContain("is a way to home-server already");
    ports.choose.mockResolvedValue({ name: "x", target: PLAIN });
    await addWay(TWO, ports);
    expect(said.at(-1)).toContain("cannot prove itself");
    expect(roads).toEqual([]);
  });

  it("keep what a person did not finish as it was", async () => {
    const { ports, profiles } = await setUp([HOME], []);
    ports.choose.mockResolvedValue(undefined);
    await addWay(HOME, ports);
    expect(profiles.list()[0]?.roads).toBeUndefined();
  });

  it("forget the credential of one that turned out to be another Gateway, unless another entry is reached with it", async () => {
    const strange = async (saved: readonly GatewayProfile[]) => {
      const { ports, profiles } = await setUp(saved, []);
      const road = new FakeRoad(TLS, new FakeGateway());
      await expect(addWay(HOME, { ...ports, openWay: () => road })).rejects.toMatchObject({
        code: "GATEWAY_DIFFERENT",
      });
      expect(profiles.list().find(({ name }) => name === HOME.name)?.roads).toBeUndefined();
      expect(road.isDisposed).toBe(true);
      return ports.credentials.forget;
    };
    expect(await strange([HOME])).toHaveBeenCalledWith(TLS);
    expect(await strange([HOME, { name: "other", target: TLS }])).not.toHaveBeenCalled();
  });

  it("are listed with what is known of each", async () => {
    const { ports } = await setUp([TWO], ["no such row"]);
    await expect(manageWays(TWO, ports)).rejects.toThrow("none of");
    const words: string[] = [];
    const pick: typeof ports.prompts.pick = async ({ items }) => {
      for (const item of items) if ("value" in item) words.push(item.description ?? "");
      return undefined;
    };
    await manageWays({ ...TWO, roads: [TLS, PLAIN] }, { ...ports, prompts: { ...ports.prompts, pick } });
    await ports.proofs.add(HOME.target, TLS);
    await manageWays(TWO, { ...ports, prompts: { ...ports.prompts, pick } });
    expect(words).toEqual(["not proven yet", "never taken by itself: plain ws://", "standing by"]);
  });

  it("are proven by hand and removed with their secrets", async () => {
    const { ports, profiles } = await setUp([TWO], ["home.example", "Prove", "home.example", "Remove"]);
    await manageWays(TWO, ports);
    expect(ports.proofs.has(HOME.target, TLS)).toBe(true);
    await manageWays(TWO, ports);
    expect(ports.proofs.has(HOME.target, TLS)).toBe(false);
    expect(profiles.list()[0]?.roads).toBeUndefined();
    expect(ports.credentials.forget).toHaveBeenCalledWith(TLS);
    expect(ports.connect).toHaveBeenLastCalledWith({ ...HOME, roads: [] });
  });
});

describe("the proofs of ways", () => {
  it("are of a way as it stood there, and of one Gateway", async () => {
    const held = memory();
    const proofs = new ProofStore(held);
    await proofs.add(HOME.target, TLS);
    await proofs.add(HOME.target, TLS);
    expect(proofs.has(HOME.target, TLS)).toBe(true);
    expect(proofs.has(CLOUD.target, TLS)).toBe(false);
    expect(proofs.has(HOME.target, { kind: "url", url: "wss://home.example/", tlsFingerprint: "AB" })).toBe(false);
    await proofs.forget(HOME.target);
    expect([...held.values.values()]).toEqual(["{}"]);
    expect(targetKey(TLS)).toBe("url:wss://home.example/");
  });
});
