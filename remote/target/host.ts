import { isIPv4, isIPv6 } from "node:net";

export interface Host {
  /** As it is looked up and dialled; a literal IPv6 address without brackets. */
  readonly text: string;
  readonly kind: "name" | "ipv4" | "ipv6";
}

/** Says why a text is no host. */
export interface HostFault {
  readonly fault: string;
}

/** RFC 1123 labels, with the underscore that host aliases and some DNS names use. */
const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;
/** What `inet_aton` would take for an IPv4 address in disguise: `127.1`, `0x7f.1`, `2130706433`. */
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/i;
const MAX_NAME = 253;

/**
 * Checks a host without brackets and without a port. Only ASCII is taken: a name in another script must be given in its
 * `xn--` form, so that what is shown is what is dialled.
 */
export function parseHost(text: string): Host | HostFault {
  if (text === "") return { fault: "the host is missing" };
  if (text.length > MAX_NAME) return { fault: `the host is longer than ${MAX_NAME} characters` };
  if (isIPv4(text)) return { text, kind: "ipv4" };
  if (text.includes(":")) {
    if (text.includes("%")) return { fault: "an IPv6 address with a zone is not supported" };
    return isIPv6(text) ? { text: text.toLowerCase(), kind: "ipv6" } : { fault: "the IPv6 address is not valid" };
  }
  if (text.startsWith("-")) return { fault: "a host cannot start with “-”" };
  // oxlint-disable-next-line no-control-regex -- the point is to name what is not ASCII
  if (/[^\u0000-\u007f]/.test(text)) return { fault: "the host has letters beyond ASCII; write its xn-- form" };
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  const labels = name.split(".");
  if (!labels.every((label) => LABEL.test(label))) return { fault: "the host has a character that no host name has" };
  if (NUMERIC_LABEL.test(labels.at(-1) ?? "")) return { fault: "the host looks like a number but is no IPv4 address" };
  return { text, kind: "name" };
}

/** A decimal port from 1 to 65535, without sign, space or leading zero. */
export function parsePort(text: string): number | undefined {
  if (!/^[1-9]\d{0,4}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}

/** `host:port` with brackets round an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return `${bracketed(host)}:${port}`;
}

/** An IPv6 address in brackets, anything else as it is. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
