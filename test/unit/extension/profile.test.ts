import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { silentLogger } from "../../../protocol/util/logger.ts";
import {
  type GatewayProfile,
  type GatewayTarget,
  profileSetting,
  readProfiles,
  targetKey,
} from "../../../extension/connection/profile.ts";
import { ProfileStore } from "../../../extension/connection/profile-store.ts";
import { CLOUD, HOME, memory, setting } from "./fakes.ts";

const word = fc.stringMatching(/^[a-z][a-z0-9.@:-]{0,20}$/);
const target: fc.Arbitrary<GatewayTarget> = fc.oneof(
  word.map((destination): GatewayTarget => ({ kind: "ssh", destination })),
  fc
    .tuple(word, fc.integer({ min: 1, max: 65_535 }))
    .map(([destination, gatewayPort]): GatewayTarget => ({ kind: "ssh", destination, gatewayPort })),
  word.map((host): GatewayTarget => ({ kind: "url", url: `wss://${host}/` })),
  word.map((name): GatewayTarget => ({ kind: "url", url: "wss://edge/", edgeHeaders: [name] })),
  word.map((name): GatewayTarget => ({ kind: "window", window: `ssh-remote+${name}` })),
  fc
    .tuple(word, fc.integer({ min: 1, max: 65_535 }))
    .map(([window, gatewayPort]): GatewayTarget => ({ kind: "window", window, gatewayPort })),
  fc.constant<GatewayTarget>({ kind: "local" }),
);
const profile: fc.Arbitrary<GatewayProfile> = fc
  .record({ name: word, target, others: fc.uniqueArray(target, { selector: targetKey, maxLength: 8 }) })
  .map(({ name, target: own, others }) => {
    const roads = others.filter((road) => targetKey(road) !== targetKey(own));
    return { name, target: own, ...(roads.length === 0 ? {} : { roads }) };
  });

describe("a saved Gateway", () => {
  it("is read back from the setting as it was written", () => {
    fc.assert(
      fc.property(profile, (saved) => {
        expect(readProfiles([profileSetting(saved)])).toEqual({ profiles: [saved], rejected: [] });
      }),
    );
  });

  it("is refused by name of its place when it has no name, or not exactly one way to it", () => {
    const { profiles, rejected } = readProfiles([
      { name: "a", ssh: "h" },
      { name: " ", ssh: "h" },
      { name: "b" },
      { name: "c", ssh: "h", url: "wss://h" },
      null,
      "text",
    ]);
    expect(profiles.map(({ name }) => name)).toEqual(["a"]);
    expect(rejected.map((sentence) => /\[(\d)\]/.exec(sentence)?.[1])).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("has a key of its place, so that an edited address is another Gateway", () => {
    expect(targetKey({ kind: "ssh", destination: "a@h" })).not.toBe(targetKey({ kind: "ssh", destination: "b@h" }));
    expect(targetKey({ kind: "ssh", destination: "h", gatewayPort: 1 })).not.toBe(
      targetKey({ kind: "ssh", destination: "h" }),
    );
  });

  it("leaves out a way that it cannot read, that is its own place, or that stands there twice", () => {
    const url = "wss://h/";
    const { profiles, rejected } = readProfiles([
      { name: "a", ssh: "h", roads: [{ ssh: "h" }, { url }, { url, ssh: "h" }, null, { url }, { local: true }] },
    ]);
    expect(profiles[0]?.roads).toEqual([{ kind: "url", url }, { kind: "local" }]);
    expect(rejected.map((sentence) => /roads\[(\d)\]/.exec(sentence)?.[1])).toEqual(["2", "3"]);
  });

  it.each([undefined, null, "x", {}, 3])("is none in a setting that is %j", (value) => {
    expect(readProfiles(value)).toEqual({ profiles: [], rejected: [] });
  });
});

const store = (start: unknown, used: Record<string, unknown> = {}) => {
  const held = setting(start);
  const globalState = memory(used);
  return {
    held,
    profiles: new ProfileStore({ setting: held, memory: globalState, logger: silentLogger }),
    globalState,
  };
};

describe("the saved Gateways", () => {
  it("come last used first", async () => {
    const { profiles } = store([profileSetting(HOME), profileSetting(CLOUD)]);
    await profiles.remember(CLOUD, 1_000);
    expect(profiles.list().map(({ name }) => name)).toEqual(["cloud", "home-server"]);
    await profiles.remember(HOME, 2_000);
    expect(profiles.list().map(({ name }) => name)).toEqual(["home-server", "cloud"]);
  });

  it("get a new one once, however often it is connected", async () => {
    const { held, profiles } = store([]);
    await profiles.remember(HOME, 1);
    await profiles.remember(HOME, 2);
    expect(held.value).toEqual([{ name: "home-server", ssh: "alice@home" }]);
  });

  it("take a new certificate over in place", async () => {
    const { held, profiles } = store([profileSetting(CLOUD), profileSetting(HOME)]);
    await profiles.remember(
      { ...CLOUD, target: { kind: "url", url: "wss://cloud.example/", tlsFingerprint: "AB" } },
      1,
    );
    expect(held.value).toEqual([
      { name: "cloud", url: "wss://cloud.example/", tlsFingerprint: "AB" },
      { name: "home-server", ssh: "alice@home" },
    ]);
  });

  it("are put back when another window has written its own list in the same moment, unless they were forgotten", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { held, profiles } = store([]);
    await profiles.remember(HOME, 1);
    held.value = [profileSetting(CLOUD)];
    await vi.advanceTimersByTimeAsync(3_000);
    expect(held.value).toEqual([profileSetting(CLOUD), profileSetting(HOME)]);
    await profiles.change({ ...HOME, name: "attic" });
    await profiles.forget(HOME.target);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(held.value).toEqual([profileSetting(CLOUD)]);
    await profiles.remember(HOME, 2);
    profiles.dispose();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are renamed and forgotten without touching what they do not understand", async () => {
    const broken = { name: "half" };
    const { held, profiles, globalState } = store([broken, profileSetting(HOME)]);
    await profiles.remember(HOME, 1);
    await profiles.change({ ...HOME, name: "attic" });
    expect(held.value).toEqual([broken, { name: "attic", ssh: "alice@home" }]);
    await profiles.forget(HOME.target);
    expect(held.value).toEqual([broken]);
    expect([...globalState.values.values()]).toEqual(["{}"]);
  });
});
