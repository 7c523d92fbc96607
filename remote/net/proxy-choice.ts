import { BlockList, isIP, isIPv6 } from "node:net";
import type { GatewayUrl } from "../target/gateway-url.ts";
import { parseHost, parsePort } from "../target/host.ts";
import { isNearbyName, zoneOf } from "../target/network-zone.ts";
import type { Place } from "./dial.ts";

/** An HTTP proxy on the way out of a company's network. */
export interface HttpProxy extends Place {
  /** Whether the proxy itself is spoken to with TLS. */
  readonly secure: boolean;
  /** Whether its certificate must be one that this computer trusts. */
  readonly strict: boolean;
  /** Value of `Proxy-Authorization`. Never shown. */
  readonly authorization: string | undefined;
}

/** What a person, or the computer, has set about proxies. */
export interface ProxySettings {
  /** `http.proxy` of VS Code; the environment counts without it. */
  readonly proxy?: string | undefined;
  /** `http.noProxy`, or the parts of `NO_PROXY`. */
  readonly noProxy?: readonly string[] | undefined;
  readonly strict?: boolean | undefined;
  /** `http.proxyAuthorization`. */
  readonly authorization?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The proxy for a Gateway's address; undefined when the way is direct. Plain `ws`, this computer, private addresses and
 * tailnets are never reached through one: it could not, or must not, see what goes there.
 * @throws Error with one sentence when what is set is no proxy that can be used; it repeats nothing of it
 */
export function proxyFor(url: GatewayUrl, settings: ProxySettings): HttpProxy | undefined {
  const isNear = isIP(url.host) === 0 ? isNearbyName(url.host) : zoneOf(url.host) !== "public";
  if (!url.secure || isNear) return undefined;
  const { env, noProxy = (env["no_proxy"] ?? env["NO_PROXY"] ?? "").split(",") } = settings;
  const text = settings.proxy || env["https_proxy"] || env["HTTPS_PROXY"] || env["all_proxy"] || env["ALL_PROXY"];
  if (text === undefined || text === "" || noProxy.some((entry) => covers(entry.trim(), url))) return undefined;
  const proxy = parseProxy(text);
  return { ...proxy, strict: settings.strict ?? true, authorization: settings.authorization ?? proxy.authorization };
}

function parseProxy(text: string): Omit<HttpProxy, "strict"> {
  const parts = /^(?:(https?):\/\/)?(?:([^@/]*)@)?(\[[^\]]*\]|[^:/]+)(?::(\d+))?\/?$/i.exec(text.trim());
  const scheme = (parts?.[1] ?? "http").toLowerCase();
  const host = parseHost((parts?.[3] ?? "").replace(/^\[|\]$/g, ""));
  const port = parts?.[4] === undefined ? (scheme === "https" ? 443 : 80) : parsePort(parts[4]);
  if (parts === null || "fault" in host || port === undefined) {
    throw new Error("the proxy that is set is no http:// or https:// address with a host and a port");
  }
  const userinfo = parts[2];
  return { secure: scheme === "https", host: host.text, port, authorization: userinfo && basic(userinfo) };
}

/** RFC 7617. What cannot be decoded is taken as it stands. */
function basic(userinfo: string): string {
  let plain = userinfo;
  try {
    plain = decodeURIComponent(userinfo);
  } catch {
    // It was not encoded.
  }
  return `Basic ${Buffer.from(plain, "utf8").toString("base64")}`;
}

/** `*`, `host`, `.domain`, `*.domain`, each with or without a port, an address, or a network with its prefix length. */
function covers(entry: string, { host, port }: GatewayUrl): boolean {
  if (entry === "*") return true;
  const [network, bits] = entry.split("/");
  if (bits !== undefined) return isIP(host) !== 0 && isInNetwork(host, network ?? "", Number(bits));
  const parts = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(isIPv6(entry) ? `[${entry}]` : entry);
  const name = parts?.[1]?.replace(/^\[|\]$/g, "").toLowerCase();
  if (name === undefined || (parts?.[2] !== undefined && Number(parts[2]) !== port)) return false;
  return host.toLowerCase() === name || host.toLowerCase().endsWith(`.${name}`);
}

function isInNetwork(address: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (family === 0 || family !== isIP(address) || !Number.isInteger(bits) || bits < 0) return false;
  if (bits > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(network, bits, kind);
  return list.check(address, kind);
}
