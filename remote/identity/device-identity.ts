import { type KeyObject, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { DeviceIdentity } from "../../protocol/client/credentials.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";

/** Where this installation's private key is kept: VS Code's SecretStorage, or a file that only its owner can read. */
export interface DeviceKeyStore {
  /** The PKCS#8 PEM that was kept, undefined when there is none yet. */
  load(): Promise<string | undefined>;
  /** Keeps a first key and returns the one that is kept now: another process may have been quicker. */
  keepFirst(pem: string): Promise<string>;
}

/**
 * This installation's identity, made on the first use. A Gateway knows a paired device by it, so it is never replaced by
 * itself: a key that cannot be read is an error.
 * @throws ConnectError CONFIG_INVALID
 */
export async function loadDeviceIdentity(store: DeviceKeyStore): Promise<DeviceIdentity> {
  const kept = await store.load();
  return identityOf(kept ?? (await store.keepFirst(newKeyPem())));
}

function newKeyPem(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function identityOf(pem: string): DeviceIdentity {
  const privateKey = parseKey(pem);
  const publicKey = createPublicKey(privateKey).export({ format: "jwk" }).x ?? "";
  const deviceId = createHash("sha256").update(Buffer.from(publicKey, "base64url")).digest("hex");
  return {
    deviceId,
    publicKey,
    sign: async (payload) => sign(null, Buffer.from(payload, "utf8"), privateKey).toString("base64url"),
  };
}

function parseKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // The message could hold a part of the key.
  }
  const detail = "this device's own key is damaged; remove it to make a new one, then pair again";
  throw new ConnectError("CONFIG_INVALID", `The device identity cannot be used: ${detail}.`, {
    step: "credential",
    facts: [{ label: "detail", value: detail }],
  });
}
