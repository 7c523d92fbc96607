import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { type GatewayUrl, parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { zoneOf } from "../../../remote/target/network-zone.ts";
import type { GatewayTarget } from "../profile.ts";

/**
 * How well a way protects what goes over it, the best first: what stays on this computer, VS Code's own connection, SSH with
 * its host key, TLS with a pin and without one, a port of this computer, and plain `ws`. Within one kind the order of the
 * profile counts.
 */
const KINDS = ["local", "window", "ssh", "pinned", "tls", "loopback", "plain", "unreadable"] as const;

type Kind = (typeof KINDS)[number];

function kindOf(target: GatewayTarget): Kind {
  if (target.kind !== "url") return target.kind;
  const url = readable(target.url);
  if (url === undefined) return "unreadable";
  if (url.secure) return target.tlsFingerprint === undefined ? "tls" : "pinned";
  return zoneOf(url.host) === "loopback" ? "loopback" : "plain";
}

/** For a sort: the safest first. */
export const bySafety = (one: GatewayTarget, other: GatewayTarget): number =>
  KINDS.indexOf(kindOf(one)) - KINDS.indexOf(kindOf(other));

/**
 * Whether the way itself can be known again (a host key, a certificate, this computer), so that it may stand in for another
 * one that is away. Plain `ws` is whoever has the address today: in a tailnet, too, when Tailscale is off.
 */
export const canStandIn = (target: GatewayTarget): boolean => kindOf(target) !== "plain";

function readable(url: string): GatewayUrl | undefined {
  try {
    return parseGatewayUrl(url);
  } catch (error) {
    if (error instanceof ConnectError) return undefined;
    throw error;
  }
}
