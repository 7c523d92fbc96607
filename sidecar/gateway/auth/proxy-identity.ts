import type { IncomingMessage } from "node:http";
import { networkInterfaces } from "node:os";
import { plainAddress } from "../../config/address-list.ts";
import type { TrustedProxyConfig } from "../../config/gateway-config.ts";
import { zoneOf } from "./address-zone.ts";

/** Who a peer is by the word of somebody that we believe, or why that word does not count. */
export type ProxyIdentity =
  | {
      readonly ok: true;
      readonly by: "trusted-proxy" | "tailscale";
      readonly user: string;
      /** The most that this connection may be given, as the proxy says. */
      readonly cap?: readonly string[];
    }
  | { readonly ok: false; readonly reason: string };

const MAX_USER_CHARS = 320;

/**
 * Takes the user that an identity-aware reverse proxy names; that the proxy is a trusted one is known by now. The order of the checks and the reasons are those of
 * `docs/gateway/trusted-proxy-auth.md`.
 */
export function proxyIdentity(request: IncomingMessage, config: TrustedProxyConfig): ProxyIdentity {
  const refuse = (reason: string): ProxyIdentity => ({ ok: false, reason });
  const source = plainAddress(request.socket.remoteAddress ?? "");
  if (zoneOf(source) === "loopback") {
    if (!config.allowLoopback) return refuse("trusted_proxy_loopback_source");
  } else if (ownAddresses().has(source)) {
    return refuse("trusted_proxy_local_interface_source");
  }
  const missing = config.requiredHeaders.find((name) => single(request, name) === undefined);
  if (missing !== undefined) return refuse(`trusted_proxy_missing_header_${missing}`);
  const user = single(request, config.userHeader);
  if (user === undefined || user.length > MAX_USER_CHARS) return refuse("trusted_proxy_user_missing");
  if (config.allowUsers.length > 0 && !config.allowUsers.includes(user))
    return refuse("trusted_proxy_user_not_allowed");
  const cap = request.headersDistinct["x-openclaw-scopes"]?.join(",");
  return { ok: true, by: "trusted-proxy", user, ...(cap === undefined ? {} : { cap: scopesOf(cap) }) };
}

/** A header that is there once and not blank. One that is there twice was sent by two, of whom one is not the proxy. */
function single({ headersDistinct }: IncomingMessage, name: string): string | undefined {
  const values = headersDistinct[name] ?? [];
  const text = values.length === 1 ? (values[0]?.trim() ?? "") : "";
  return text === "" || /\p{Cc}/u.test(text) ? undefined : text;
}

const scopesOf = (list: string): readonly string[] =>
  list
    .split(",")
    .map((scope) => scope.trim())
    .filter((scope) => scope !== "");

/** A proxy of another computer does not have an address of this one. */
function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)));
}
