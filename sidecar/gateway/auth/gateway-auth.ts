import type { AuthMode } from "../../config/gateway-config.ts";

/** How clients of this Gateway prove themselves. */
export type GatewayAuth =
  | { readonly mode: "token" | "password"; readonly value: string }
  /** A reverse proxy says who somebody is; a program of this computer may use the password instead. */
  | { readonly mode: "trusted-proxy"; readonly value: string | undefined }
  | { readonly mode: "none" };

/** What may be changed while the Gateway runs. */
export interface AuthPolicy {
  readonly auth: GatewayAuth;
  /** Tailscale's word for who somebody is counts. */
  readonly allowTailscale: boolean;
  readonly identityScopes: ReadonlyMap<string, readonly string[]>;
}

/** `auth.method` of hello-ok: what let a client in. */
export type AuthMethod = AuthMode | "device-token" | "tailscale";

/** Scopes that a verified person gets besides those of the device. Mail addresses are the same in any case. */
export function scopesOfIdentity(user: string, scopes: AuthPolicy["identityScopes"]): readonly string[] {
  const exact = scopes.get(user);
  if (exact !== undefined || !user.includes("@")) return exact ?? [];
  const lower = user.toLowerCase();
  for (const [identity, granted] of scopes) {
    if (identity.toLowerCase() === lower) return granted;
  }
  return [];
}
