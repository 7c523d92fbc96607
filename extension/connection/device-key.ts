import type { DeviceKeyStore } from "../../remote/identity/device-identity.ts";
import type { SecretStore } from "../platform/ports.ts";

const KEY = "openclaw.deviceKey";

/** Another window that found no key either has written its own by then. Milliseconds; waited once in a life. */
const SETTLE_MS = 250;

/**
 * The private key of this installation in secret storage, which all windows share. The storage has no "only if there is
 * none": of two windows that make a first key at the same moment the last writer wins, and both look who that was before
 * they show the key to anybody.
 */
export function secretDeviceKey(secrets: SecretStore): DeviceKeyStore {
  return {
    load: async () => secrets.get(KEY),
    keepFirst: async (pem) => {
      // Making the key has taken a moment, and the storage may have answered late.
      const earlier = await secrets.get(KEY);
      if (earlier !== undefined) return earlier;
      await secrets.store(KEY, pem);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      return (await secrets.get(KEY)) ?? pem;
    },
  };
}
