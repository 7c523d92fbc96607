import { hostname } from "node:os";
import { type AddressList, addressList } from "../../config/address-list.ts";
import type { SidecarConfig } from "../../config/config.ts";
import type { TrustedProxyConfig } from "../../config/gateway-config.ts";

/** The rules of the outer wall. Asked for anew at every request, so that a changed config acts at once. */
export interface Perimeter {
  readonly trustedProxies: AddressList;
  readonly allowRealIpFallback: boolean;
  readonly allowedOrigins: readonly string[];
  /** Names of public DNS that mean this Gateway, in lower case. */
  readonly ownNames: ReadonlySet<string>;
  /** Set when a proxy says who somebody is. */
  readonly proxyAuth: TrustedProxyConfig | undefined;
  /** The value of `Strict-Transport-Security`. */
  readonly hsts: string | undefined;
}

type Source = Pick<
  SidecarConfig,
  "trustedProxies" | "allowRealIpFallback" | "allowedOrigins" | "publicOrigin" | "trustedProxy" | "hsts"
>;

export function perimeterOf(config: Source, authMode: string): Perimeter {
  const origins = [...config.allowedOrigins.filter((origin) => origin !== "*"), config.publicOrigin ?? []].flat();
  return {
    // The reader of the config has refused what is no list.
    trustedProxies: addressList(config.trustedProxies) ?? { has: () => false },
    allowRealIpFallback: config.allowRealIpFallback,
    allowedOrigins: [...config.allowedOrigins, ...(config.publicOrigin === undefined ? [] : [config.publicOrigin])],
    ownNames: new Set(
      [hostname(), ...origins.map((origin) => new URL(origin).hostname)].map((name) => name.toLowerCase()),
    ),
    proxyAuth: authMode === "trusted-proxy" ? config.trustedProxy : undefined,
    hsts: config.hsts,
  };
}
