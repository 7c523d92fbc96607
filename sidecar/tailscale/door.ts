import type { IncomingMessage } from "node:http";
import { familyOf, plainAddress } from "../config/address-list.ts";
import { zoneOf } from "../gateway/auth/address-zone.ts";
import type { PeerVerdict } from "../gateway/auth/peer.ts";
import type { ProxyIdentity } from "../gateway/auth/proxy-identity.ts";
import type { Door } from "../gateway/door.ts";
import type { TailnetUser } from "./whois.ts";

/** What Tailscale's proxy sets, and overwrites when a client sends it (`serve.go` of Tailscale). */
const FORWARDING = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"] as const;
const FUNNEL = "tailscale-funnel-request";
const LOGIN = "tailscale-user-login";

export interface TailscaleDoorOptions {
  readonly mode: "serve" | "funnel";
  /** Whether Tailscale's word for who somebody is counts now. */
  readonly allowsIdentity: () => boolean;
  /** Whose address this is; rejects when that cannot be found out. */
  readonly whois: (address: string) => Promise<TailnetUser | undefined>;
}

/**
 * The private way in that only Tailscale's proxy knows: a port of the loopback that is told to nobody else. Whatever
 * comes here without what that proxy always sends did not come through it.
 */
export function tailscaleDoor({ mode, allowsIdentity, whois }: TailscaleDoorOptions): Door {
  return {
    isPlain: true,
    read(request) {
      const { socket, headers } = request;
      const source = plainAddress(socket.remoteAddress ?? "unknown");
      const refuse = (why: string): PeerVerdict => ({ ok: false, address: source, why, isForwarded: true });
      if (zoneOf(source) !== "loopback") return refuse("Tailscale's own door was reached from elsewhere");
      const [client, proto, host] = FORWARDING.map((name) => once(request, name));
      if (client === undefined || proto !== "https" || host === undefined) {
        return refuse("Tailscale's own door was reached without Tailscale");
      }
      const address = plainAddress(client);
      if (familyOf(address) === undefined || zoneOf(address) === "loopback") return refuse("Tailscale named no client");
      if (headers[FUNNEL] !== undefined && mode !== "funnel") {
        return refuse("somebody has opened this to the internet with Funnel, which this Gateway was not told to do");
      }
      const { origin, host: asked } = headers;
      const about = { origin, host: asked, userAgent: headers["user-agent"] };
      return { ok: true, peer: { ...about, address, isLoopback: false, isOutward: true } };
    },
    async identify(request, { address }): Promise<ProxyIdentity | undefined> {
      if (mode !== "serve" || !allowsIdentity()) return undefined;
      const login = once(request, LOGIN);
      // A tagged device, which is nobody's: it needs the secret.
      if (login === undefined) return { ok: false, reason: "tailscale_user_missing" };
      try {
        const user = await whois(address);
        if (user === undefined) return { ok: false, reason: "tailscale_whois_failed" };
        const isSame = user.login.toLowerCase() === login.toLowerCase();
        return isSame
          ? { ok: true, by: "tailscale", user: user.login }
          : { ok: false, reason: "tailscale_user_mismatch" };
      } catch {
        return { ok: false, reason: "tailscale_whois_failed" };
      }
    },
  };
}

/** A header that is there once and not blank. */
function once({ headersDistinct }: IncomingMessage, name: string): string | undefined {
  const values = headersDistinct[name] ?? [];
  const text = values.length === 1 ? (values[0]?.trim() ?? "") : "";
  return text === "" || text.includes(",") ? undefined : text;
}
