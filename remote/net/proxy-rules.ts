import { BlockList, isIP } from "node:net";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { hostPort, parseHost, parsePort } from "../target/host.ts";
import { isNearbyName, zoneOf } from "../target/network-zone.ts";
import { printable } from "../target/printable.ts";
import type { Place } from "./dial.ts";

/** Which proxy stands between, as a person's own settings or environment say. Read anew for every connection. */
export interface ProxyRules {
  /** As it was written, with its user and password if it has them; empty or undefined: none. */
  readonly url: string | undefined;
  /** Names, `.domain`, `*.domain`, addresses, networks (`10.0.0.0/8`), each with `:port` if wanted, or `*`. */
  readonly noProxy: readonly string[];
  /** Whether the certificate of an `https://` proxy must be valid. */
  readonly strictTls: boolean;
  /** The whole value of `Proxy-Authorization`, when a person set one. */
  readonly authorization?: string | undefined;
}

export interface BasicCredential {
  readonly user: string;
  readonly password: string;
}

export interface ProxyServer extends Place {
  readonly secure: boolean;
  /** `http://host:port`, without user and password: what is shown, and what a kept credential belongs to. */
  readonly origin: string;
  readonly credential: BasicCredential | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** `HTTPS_PROXY`, else `HTTP_PROXY`, and `NO_PROXY`, in either case, as VS Code and most programs read them. */
export function environmentProxy(env: Env): ProxyRules {
  const first = (...names: readonly string[]) => names.map((name) => env[name]).find((value) => (value ?? "") !== "");
  return {
    url: first("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"),
    noProxy: (first("NO_PROXY", "no_proxy") ?? "").split(/[\s,]+/).filter((entry) => entry !== ""),
    strictTls: true,
  };
}

/**
 * The proxy on the way to a place; undefined: none. This computer, its networks and tailnets are never reached through one.
 * @throws ConnectError PROXY_UNSUPPORTED: going on without the proxy would not be what was asked for
 */
export function proxyFor(place: Place, rules: ProxyRules): ProxyServer | undefined {
  const text = rules.url?.trim() ?? "";
  if (text === "" || isNear(place.host)) return undefined;
  if (rules.noProxy.some((entry) => isExcepted(entry.trim().toLowerCase(), place))) return undefined;
  return parseProxy(text);
}

/** Private addresses, `*.local` and tailnets mean something to this computer alone: the proxy could not find them. */
const isNear = (host: string): boolean => (isIP(host) === 0 ? isNearbyName(host) : zoneOf(host) !== "public");

function isExcepted(entry: string, place: Place): boolean {
  if (entry === "*") return true;
  const host = place.host.toLowerCase().replace(/\.$/, "");
  const cidr = /^(.+)\/(\d{1,3})$/.exec(entry);
  if (cidr !== null) return isInside(host, cidr[1] ?? "", Number(cidr[2]));
  const parts = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry);
  // A bare IPv6 address has colons of its own.
  const [name, port] = parts === null ? [entry, undefined] : [parts[1] ?? parts[2] ?? "", parts[3]];
  if (port !== undefined && Number(port) !== place.port) return false;
  const suffix = name.replace(/^\*?\./, "").replace(/\.$/, "");
  if (suffix === "") return false;
  return host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`));
}

function isInside(host: string, net: string, bits: number): boolean {
  const [family, netFamily] = [isIP(host), isIP(net)];
  if (family === 0 || family !== netFamily || bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(net, bits, family === 4 ? "ipv4" : "ipv6");
  return list.check(host, family === 4 ? "ipv4" : "ipv6");
}

const PROXY_URL = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^/@]*)@)?(\[[^\]]*\]|[^/?#:@[\]]+)(?::(\d+))?\/?$/i;

/** A proxy without a scheme is an `http://` one, as curl and VS Code take it. */
function parseProxy(text: string): ProxyServer {
  const shown = printable(text.replace(/^([^/]*\/\/)?.*@/s, "$1"));
  const refuse = (fault: string): never => {
    throw new ConnectError("PROXY_UNSUPPORTED", `The proxy “${shown}” cannot be used: ${fault}.`, {
      step: "resolve",
      facts: [{ label: "detail", value: `“${shown}”: ${fault}` }],
    });
  };
  const parts = PROXY_URL.exec(text);
  if (parts === null || /[\s\p{Cc}\p{Cf}]/u.test(text)) return refuse("it is not an address like http://proxy:3128");
  const scheme = (parts[1] ?? "http").toLowerCase();
  if (scheme !== "http" && scheme !== "https") return refuse("only http:// and https:// proxies are supported");
  const host = parseHost((parts[3] ?? "").replace(/^\[(.*)\]$/, "$1"));
  if ("fault" in host) return refuse(host.fault);
  const port = parts[4] === undefined ? (scheme === "https" ? 443 : 80) : parsePort(parts[4]);
  if (port === undefined) return refuse("the port is not a number from 1 to 65535");
  const credential = parts[2] === undefined ? undefined : readUserInfo(parts[2]);
  if (credential === "broken") return refuse("its user or password has a character that must be written as %XX");
  const origin = `${scheme}://${hostPort(host.text.toLowerCase(), port)}`;
  return { secure: scheme === "https", host: host.text, port, origin, credential };
}

function readUserInfo(text: string): BasicCredential | "broken" {
  const colon = text.indexOf(":");
  try {
    const user = decodeURIComponent(colon < 0 ? text : text.slice(0, colon));
    return { user, password: colon < 0 ? "" : decodeURIComponent(text.slice(colon + 1)) };
  } catch {
    return "broken";
  }
}

/** RFC 7617, in UTF-8; undefined for what the scheme cannot carry. */
export function basicAuthorization({ user, password }: BasicCredential): string | undefined {
  if (user.includes(":") || /\p{Cc}/u.test(user + password)) return undefined;
  return `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`;
}
