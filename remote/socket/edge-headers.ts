import { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { GatewayUrl } from "../target/gateway-url.ts";
import { printable } from "../target/printable.ts";

/** What something that stands before a Gateway (Cloudflare Access and the like) wants in the WebSocket's request. */
export interface EdgeHeaders {
  readonly names: readonly string[];
  /**
   * The values by name, known or asked for now. It is called only once the server's certificate has been verified.
   * @throws CancelledError
   */
  values(how: { readonly interactive: boolean; readonly signal: AbortSignal }): Promise<ReadonlyMap<string, string>>;
}

/** Of one Gateway. */
export const MAX_EDGE_NAMES = 8;
const NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
/** RFC 9110, 5.5, in ASCII, without blanks at its ends. */
const VALUE = /^[\u0021-\u007e](?:[\u0020-\u007e]{0,4094}[\u0021-\u007e])?$/;

/**
 * Those of the connection and of the WebSocket itself, and those by which a Gateway is told who comes from where. A cookie is
 * a browser's session and no service credential. `Authorization` is allowed: edges with Basic sign-in want it.
 */
const REFUSED = [
  /^(?:host|connection|upgrade|keep-alive|te|trailer|transfer-encoding|content-.*|expect|http2-settings)$/,
  /^(?:proxy-.*|sec-.*|origin|referer|cookie2?|set-cookie2?)$/,
  /^(?:forwarded|via|x-forwarded.*|x-real-ip|x-client-ip|cf-connecting-ip.*|true-client-ip|tailscale-.*)$/,
];

/** Why a name cannot be an edge header; undefined when it can. */
export function edgeNameFault(name: string): string | undefined {
  if (!NAME.test(name)) return "it is not the name of a header";
  const lower = name.toLowerCase();
  return REFUSED.some((pattern) => pattern.test(lower)) ? "this header is not the edge's to ask for" : undefined;
}

/** Whether a text can be a header's value: one line of plain characters, 4096 at most. */
export const isEdgeValue = (value: string): boolean => VALUE.test(value);

/** @throws ConnectError EDGE_HEADERS_INVALID, before anything is dialled */
export function assertEdgeNames(names: readonly string[], url: GatewayUrl): void {
  const lower = names.map((name) => name.toLowerCase());
  if (names.length > 0 && !url.secure) throw invalid(url, "edge headers need wss://");
  if (names.length > MAX_EDGE_NAMES) throw invalid(url, `there are more than ${MAX_EDGE_NAMES} edge headers`);
  for (const [index, name] of names.entries()) {
    const fault = lower.indexOf(lower[index] ?? "") < index ? "it is there twice" : edgeNameFault(name);
    if (fault !== undefined) throw invalid(url, `${printable(name, 64)}: ${fault}`);
  }
}

/** @throws ConnectError EDGE_HEADERS_INVALID, when one is missing or cannot be sent; CancelledError */
export async function edgeValues(
  edge: EdgeHeaders,
  url: GatewayUrl,
  how: { readonly interactive: boolean; readonly signal: AbortSignal },
): Promise<Readonly<Record<string, string>>> {
  const values = await edge.values(how);
  const lines = edge.names.map((name): [string, string] => {
    const value = values.get(name);
    if (value === undefined) throw invalid(url, `the value of ${name} has not been entered`);
    if (!isEdgeValue(value)) throw invalid(url, `the value of ${name} is not one line of plain characters`);
    return [name, value];
  });
  return Object.fromEntries(lines);
}

function invalid(url: GatewayUrl, detail: string): ConnectError {
  return new ConnectError("EDGE_HEADERS_INVALID", `${url.href}: ${detail}.`, {
    step: "websocket",
    facts: [
      { label: "url", value: url.href },
      { label: "host", value: url.host },
      { label: "detail", value: detail },
    ],
  });
}
