import { GatewayBrowserDeviceAuthLifecycle } from "@openclaw/gateway-client/browser";
import type { DeviceIdentity, DeviceTokenStore } from "./credentials.ts";

/** The official device-auth lifecycle over our ports; without an identity nothing is signed, stored or sent. */
export function deviceAuth(
  identity: DeviceIdentity | null,
  tokens: DeviceTokenStore | null,
): GatewayBrowserDeviceAuthLifecycle {
  return new GatewayBrowserDeviceAuthLifecycle({
    loadIdentity: async () =>
      identity === null
        ? null
        : { deviceId: identity.deviceId, publicKey: identity.publicKey, sign: (payload) => identity.sign(payload) },
    tokenStore: {
      load: ({ deviceId, role }) => tokens?.load({ deviceId, role }) ?? null,
      store: ({ deviceId, role, token, scopes }) => tokens?.store({ deviceId, role }, { token, scopes }),
      clear: ({ deviceId, role }) => tokens?.clear({ deviceId, role }),
    },
  });
}
