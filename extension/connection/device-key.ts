import type { DeviceKeyStore } from "../../remote/identity/device-identity.ts";
import type { SecretStore } from "../platform/ports.ts";

const KEY = "openclaw.deviceKey";

/**
 * The private key of this installation in secret storage, which all windows share. Two windows that make a first key at
 * the same moment agree from the next connect on: the storage is read for each.
 */
export function secretDeviceKey(secrets: SecretStore): DeviceKeyStore {
  return {
    load: async () => secrets.get(KEY),
    keepFirst: async (pem) => {
      await secrets.store(KEY, pem);
      return (await secrets.get(KEY)) ?? pem;
    },
  };
}
