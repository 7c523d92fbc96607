import { createHash, createPublicKey, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { CredentialStore } from "../../../extension/connection/credential-store.ts";
import { loadDeviceIdentity } from "../../../extension/connection/device-identity.ts";
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
  it("is made once and stays", async () => {
    const storage = secrets();
    const first = await loadDeviceIdentity(storage);
    const second = await loadDeviceIdentity(storage);
    expect(second.deviceId).toBe(first.deviceId);
    expect(first.deviceId).toBe(createHash("sha256").update(Buffer.from(first.publicKey, "base64url")).digest("hex"));
  });

  it("signs with the key that it shows", async () => {
    const identity = await loadDeviceIdentity(secrets());
    const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: identity.publicKey } });
    const signature = Buffer.from(await identity.sign("v3|text ✓"), "base64url");
    expect(verify(null, Buffer.from("v3|text ✓", "utf8"), key, signature)).toBe(true);
  });

  it("is the same for two windows that make it at the same moment", async () => {
    const storage = secrets();
    const [one, two] = await Promise.all([loadDeviceIdentity(storage), loadDeviceIdentity(storage)]);
    expect(one.deviceId).toBe(two.deviceId);
  });

  it("is made anew when the storage holds no key", async () => {
    const storage = secrets(new Map([["openclaw.deviceKey", "garbage"]]));
    expect((await loadDeviceIdentity(storage)).deviceId).toMatch(/^[0-9a-f]{64}$/);
  });
});
