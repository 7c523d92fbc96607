import { hostKindOf, hostNameOf } from "./host-name.ts";

export interface OriginSurroundings {
  /** The Host header of the upgrade. */
  readonly host: string | undefined;
  /** `gateway.controlUi.allowedOrigins`; "*" stands for any. */
  readonly allowed: readonly string[];
  /** The connection came to an address that other computers can reach. */
  readonly isOutward: boolean;
}

/**
 * Why a page may not open a socket to us, or undefined when it may. No Origin means no browser. A page is let in when the
 * config names its origin, or when it came from this very Gateway; a VS Code webview is neither.
 */
export function refuseOrigin(origin: string | undefined, around: OriginSurroundings): string | undefined {
  if (origin === undefined) return undefined;
  if (!URL.canParse(origin)) return "origin missing or invalid";
  const page = new URL(origin);
  const isWeb = page.protocol === "http:" || page.protocol === "https:";
  if (isWeb && (around.allowed.includes(page.origin) || around.allowed.includes("*"))) return undefined;
  return isWeb && isOurs(page, around) ? undefined : "origin not allowed";
}

/**
 * The Host header alone proves nothing: a rebound name would match itself. So it must also be a name that nobody can
 * rebind: the loopback; and where other computers come in, an address or a name of the local network.
 */
function isOurs(page: URL, { host, isOutward }: OriginSurroundings): boolean {
  const name = host === undefined || page.host !== host.toLowerCase() ? undefined : hostNameOf(host);
  if (name === undefined) return false;
  const kind = hostKindOf(name);
  return kind === "loopback" || (isOutward && kind === "private");
}
