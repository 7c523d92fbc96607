import { createHash, createPublicKey, verify } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadDeviceIdentity } from "../../../remote/identity/device-identity.ts";
import { keyFileStore } from "../../../remote/identity/key-file-store.ts";
import { faultOf } from "./fault-of.ts";

describe("the identity of this device", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "openclaw-identity-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it("stays the same from one start to the next, in a file for its owner alone", async () => {
    const file = join(directory, "state", "device.pem");
    const first = await loadDeviceIdentity(keyFileStore(file));
    const second = await loadDeviceIdentity(keyFileStore(file));
    expect(second.deviceId).toBe(first.deviceId);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, "state"))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(directory, "state"))).toEqual(["device.pem"]);
  });

  it("is the same for processes that make it at the same time", async () => {
    const file = join(directory, "race", "device.pem");
    const identities = await Promise.all(Array.from({ length: 8 }, () => loadDeviceIdentity(keyFileStore(file))));
    expect(new Set(identities.map(({ deviceId }) => deviceId)).size).toBe(1);
  });

  it("is named by its public key and signs with its private one", async () => {
    const identity = await loadDeviceIdentity(keyFileStore(join(directory, "device.pem")));
    const raw = Buffer.from(identity.publicKey, "base64url");
    expect(raw).toHaveLength(32);
    expect(identity.deviceId).toBe(createHash("sha256").update(raw).digest("hex"));
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: identity.publicKey }, format: "jwk" });
    const signature = Buffer.from(await identity.sign("v3|challenge|é"), "base64url");
    expect(verify(null, Buffer.from("v3|challenge|é"), key, signature)).toBe(true);
  });

  it("is not replaced in silence when it is damaged, nor shown", async () => {
    const file = join(directory, "damaged.pem");
    await writeFile(file, "-----BEGIN PRIVATE KEY-----\nSECRETBYTES\n-----END PRIVATE KEY-----\n");
    const error = await faultOf(loadDeviceIdentity(keyFileStore(file)));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(String(error.stack)).not.toContain("SECRETBYTES");
  });
});
