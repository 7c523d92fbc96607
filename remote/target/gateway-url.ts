import { ConnectError, type Fact } from "../../protocol/errors/connect-error.ts";
import type { ErrorCode } from "../../protocol/errors/catalogue.ts";
import { bracketed, parseHost, parsePort } from "./host.ts";
import { isNearbyName, zoneOf } from "./network-zone.ts";
import { printable } from "./printable.ts";

/** A checked address of a Gateway's WebSocket. */
export interface GatewayUrl {
  readonly secure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** Starts with `/`. */
  readonly path: string;
  /** `ws://host:port/path`, the port left out when it is the scheme's own. */
  readonly href: string;
}

const MAX_URL = 2048;
const URL_PARTS = /^([a-z][a-z0-9+.-]*):\/\/(\[[^\]]*\]|[^/?#:@[\]]*)(?::([^/?#@]*))?(\/[^?#]*)?$/i;
const PATH = /^(?:\/[A-Za-z0-9._~-]*)*$/;

/**
 * Reads a `ws://` or `wss://` URL. Plain `ws` only goes to this computer, a private network or a tailnet; a name that
 * passes here must still resolve to such an address (`assertNearby`).
 * @throws ConnectError TARGET_INVALID or INSECURE_URL, with the offending part made printable and without userinfo
 */
export function parseGatewayUrl(text: string): GatewayUrl {
  const trimmed = text.trim();
  const shown = printable(trimmed.replace(/\/\/[^/]*@/, "//"));
  const refuse = (fault: string, code: ErrorCode = "TARGET_INVALID", more: readonly Fact[] = []): never => {
    throw new ConnectError(code, `“${shown}” is not a usable Gateway URL: ${fault}.`, {
      step: "resolve",
      facts: [{ label: "url", value: shown }, ...more, { label: "detail", value: fault }],
    });
  };

  if (trimmed === "") return refuse("it is empty");
  if (trimmed.length > MAX_URL) return refuse(`it is longer than ${MAX_URL} characters`);
  if (/[\s\\\p{Cc}\p{Cf}]/u.test(trimmed)) return refuse("it has a space, a backslash or an invisible character");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(trimmed)?.[1]?.toLowerCase();
  if (scheme === "http" || scheme === "https")
    return refuse(`write ${scheme === "http" ? "ws" : "wss"}:// for ${scheme}://`);
  if (scheme !== "ws" && scheme !== "wss") return refuse("it must start with ws:// or wss://");
  if (trimmed.includes("@")) return refuse("it has a user or a password; credentials are asked for and kept apart");
  if (trimmed.includes("#")) return refuse("it has a fragment");
  if (trimmed.includes("?")) return refuse("it has a query; a token never stands in a URL");

  const parts = URL_PARTS.exec(trimmed);
  if (parts === null) return refuse("it is not complete");
  const rawHost = parts[2] ?? "";
  const inner = rawHost.startsWith("[") ? rawHost.slice(1, -1) : rawHost;
  if (rawHost.startsWith("[") && !inner.includes(":")) return refuse("only an IPv6 address stands in brackets");
  const host = parseHost(inner);
  if ("fault" in host) return refuse(host.fault);
  const secure = scheme === "wss";
  const ownPort = secure ? 443 : 80;
  const port = parts[3] === undefined ? ownPort : parsePort(parts[3]);
  if (port === undefined) return refuse("the port is not a number from 1 to 65535");
  const path = parts[4] ?? "/";
  if (!PATH.test(path) || /\/\.{1,2}(?:\/|$)/.test(path)) return refuse("the path has a character that is not allowed");

  if (!secure && !(host.kind === "name" ? isNearbyName(host.text) : zoneOf(host.text) !== "public")) {
    const facts: Fact[] = [{ label: "host", value: host.text }];
    return refuse(
      "plain ws:// would send your token in the clear over the internet; use wss:// or SSH",
      "INSECURE_URL",
      facts,
    );
  }
  const name = bracketed(host.text);
  const href = `${scheme}://${port === ownPort ? name : `${name}:${port}`}${path}`;
  return { secure, host: host.text, port, path, href };
}

/**
 * Second half of the rule for plain `ws`: a name such as `box.local` must also resolve to nearby addresses only.
 * @throws ConnectError INSECURE_URL
 */
export function assertNearby(url: GatewayUrl, addresses: readonly string[]): void {
  const away = url.secure ? undefined : addresses.find((address) => zoneOf(address) === "public");
  if (away === undefined) return;
  throw new ConnectError(
    "INSECURE_URL",
    `${url.host} resolves to ${away}, which is on the public internet; use wss:// or SSH.`,
    {
      step: "resolve",
      facts: [
        { label: "url", value: url.href },
        { label: "host", value: url.host },
        { label: "detail", value: away },
      ],
    },
  );
}
