import { describe, expect, it } from "vitest";
import { CredentialStore } from "../../../extension/connection/credential-store.ts";
import { secretDeviceKey } from "../../../extension/connection/device-key.ts";
import { loadDeviceIdentity } from "../../../remote/identity/device-identity.ts";
import { CLOUD, HOME, secrets } from "./fakes.ts";

const ID = { deviceId: "d", role: "operator" };
const ignore = () => undefined;

describe("the credential of a Gateway", () => {
  it("is kept for its place and for no other", async () => {
    const store = new CredentialStore(secrets(), ignore);
    await store.save(HOME.target, { token: "t-secret" });
    expect(await store.load(HOME.target)).toEqual({ token: "t-secret" });
    expect(await store.load(CLOUD.target)).toBeUndefined();
  });

  it("is told to the log's redaction whenever it is read or written", async () => {
    const storage = secrets();
    const heard: string[] = [];
    await new CredentialStore(storage, ignore).save(HOME.target, { token: "t-secret" });
    const store = new CredentialStore(storage, (value) => heard.push(value));
    await store.load(HOME.target);
    await store.deviceTokens(HOME.target).store(ID, { token: "dt-secret", scopes: [] });
    expect(heard).toEqual(["t-secret", "dt-secret"]);
  });

  it("counts as absent when the storage holds something else", async () => {
    const storage = secrets(new Map([["openclaw.credential:ssh:alice@home", "{"]]));
    expect(await new CredentialStore(storage, ignore).load(HOME.target)).toBeUndefined();
  });

  it("is gone, with the device tokens, after the Gateway was forgotten", async () => {
    const storage = secrets();
    const store = new CredentialStore(storage, ignore);
    await store.save(HOME.target, { token: "t" });
    await store.deviceTokens(HOME.target).store(ID, { token: "dt", scopes: ["operator.read"] });
    await store.forget(HOME.target);
    expect(storage.values.size).toBe(0);
  });
});

describe("device tokens", () => {
  it("of another window stay when the one before them is refused here", async () => {
    const storage = secrets();
    const [here, there] = [0, 1].map(() => new CredentialStore(storage, ignore).deviceTokens(HOME.target));
    await here?.store(ID, { token: "old", scopes: [] });
    await here?.load(ID);
    await there?.store(ID, { token: "new", scopes: [] });
    await here?.clear(ID);
    expect(await there?.load(ID)).toEqual({ token: "new", scopes: [] });
  });

  it("are kept by device and role", async () => {
    const tokens = new CredentialStore(secrets(), ignore).deviceTokens(HOME.target);
    await tokens.store(ID, { token: "a", scopes: ["operator.read"] });
    await tokens.store({ ...ID, role: "node" }, { token: "b", scopes: [] });
    expect(await tokens.load(ID)).toEqual({ token: "a", scopes: ["operator.read"] });
    await tokens.clear(ID);
    expect(await tokens.load(ID)).toBeNull();
    expect(await tokens.load({ ...ID, role: "node" })).toEqual({ token: "b", scopes: [] });
  });
});

describe("the identity of this installation", () => {
  const load = (storage: ReturnType<typeof secrets>) => loadDeviceIdentity(secretDeviceKey(storage));

  it("is made once and stays", async () => {
    const storage = secrets();
    const { deviceId } = await load(storage);
    expect((await load(storage)).deviceId).toBe(deviceId);
  });

  it("is the same for windows that make it at the same moment, however slow the storage is for each", async () => {
    const shared = secrets();
    const slowed = (ms: number) => ({
      ...shared,
      get: async (key: string) => {
        const value = await shared.get(key);
        await new Promise((resolve) => setTimeout(resolve, ms));
        return value;
      },
    });
    const windows = [0, 40, 90, 400].map((ms) => load(slowed(ms)));
    const ids = (await Promise.all(windows)).map(({ deviceId }) => deviceId);
    expect(new Set([...ids, (await load(shared)).deviceId]).size).toBe(1);
  });

  it("is never replaced by itself: a Gateway knows this device by it", async () => {
    const storage = secrets(new Map([["openclaw.deviceKey", "garbage"]]));
    await expect(load(storage)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(storage.values.get("openclaw.deviceKey")).toBe("garbage");
  });
});
