import { shouldRetryGatewayWithDeviceToken } from "@openclaw/gateway-client/browser";
import type { DeviceIdentity, DeviceTokenStore, GatewayCredential } from "../protocol/client/credentials.ts";
import { ConnectError } from "../protocol/errors/connect-error.ts";
import { asObject } from "../protocol/gateway/json.ts";

/** What a connect was refused with, and what else could be shown. */
export interface RefusedConnect {
  readonly credential: GatewayCredential;
  readonly identity: DeviceIdentity | null;
  readonly tokens: DeviceTokenStore | null;
  readonly role: string;
  /** The way proves that this is the Gateway that gave the token. */
  readonly isProven: boolean;
}

/**
 * Whether one more attempt is due, with nothing but the token that this Gateway gave this device earlier: the shared token
 * was refused, and the Gateway itself advises so (docs/gateway/clients, "device token retry"). On a way that proves nothing
 * the token stays here.
 */
export async function mayRetryWithDeviceToken(error: unknown, refused: RefusedConnect): Promise<boolean> {
  const { credential, identity, tokens, role, isProven } = refused;
  if (!(error instanceof ConnectError) || error.code !== "CREDENTIAL_WRONG" || identity === null) return false;
  const stored = await tokens?.load({ deviceId: identity.deviceId, role });
  return shouldRetryGatewayWithDeviceToken({
    retryBudgetUsed: false,
    ...(credential.token === undefined ? {} : { explicitToken: credential.token }),
    ...(stored === undefined || stored === null ? {} : { storedToken: stored.token }),
    trustedEndpoint: isProven,
    errorDetails: asObject(error.cause)["details"],
  });
}
