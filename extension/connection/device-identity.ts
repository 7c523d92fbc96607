import { type KeyObject, createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import type { DeviceIdentity } from "../../protocol/client/credentials.ts";
import type { SecretStore } from "../platform/ports.ts";

const KEY = "openclaw.deviceKey";

/**
 * The Ed25519 identity of this installation, made on first use and kept in secret storage. It is read anew for every
 * connect: two windows that make one at the same moment agree on what the storage holds afterwards.
 */
export async function loadDeviceIdentity(secrets: SecretStore): Promise<DeviceIdentity> {
  const known = readKey(await secrets.get(KEY));
  if (known !== undefined) return identityOf(known);
  const { privateKey } = generateKeyPairSync("ed25519");
  await secrets.store(KEY, privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  return identityOf(readKey(await secrets.get(KEY)) ?? privateKey);
}

/** What is no Ed25519 key is as good as none: the next pairing replaces it. */
function readKey(pem: string | undefined): KeyObject | undefined {
  if (pem === undefined) return undefined;
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined;
  }
}

function identityOf(privateKey: KeyObject): DeviceIdentity {
  const { x: publicKey = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  return {
    deviceId: createHash("sha256").update(Buffer.from(publicKey, "base64url")).digest("hex"),
    publicKey,
    sign: async (payload) => sign(null, Buffer.from(payload, "utf8"), privateKey).toString("base64url"),
  };
}
