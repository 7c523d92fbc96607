import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { GatewaySocket } from "../../protocol/client/socket.ts";
import type { ErrorCode } from "../../protocol/errors/catalogue.ts";
import { CancelledError, ConnectError, type Fact } from "../../protocol/errors/connect-error.ts";
import { type DialBound, codeOf } from "../net/dial.ts";
import { within } from "../net/within.ts";
import type { GatewayUrl } from "../target/gateway-url.ts";
import { printable } from "../target/printable.ts";
import { edgeMark } from "./edge-marks.ts";
import { WsGatewaySocket } from "./ws-gateway-socket.ts";

/** Nothing came back but the end of the connection: whoever is there did not like what was said, or went away. */
export class HungUp extends ConnectError {}

/** The largest frame that is taken: the real Gateway's `maxPayload` is 25 MiB. */
const MAX_PAYLOAD = 32 * 1024 * 1024;
const MAX_ANSWER_BYTES = 512;

/**
 * Does the WebSocket handshake on a stream that is already connected (and, for `wss`, already encrypted and checked). No
 * redirect is followed, no compression offered, no Origin sent.
 * @throws ConnectError NOT_A_GATEWAY, ORIGIN_REFUSED, EDGE_REFUSED, GATEWAY_BUSY, GATEWAY_STARTING, HANDSHAKE_TIMEOUT, LINK_LOST;
 *   CancelledError. The stream is closed then. LINK_LOST is a `HungUp` when not one byte came.
 */
export async function upgrade(
  stream: Duplex,
  url: Pick<GatewayUrl, "href" | "host" | "port">,
  bound: DialBound & { readonly onSilent?: () => void; readonly headers?: Readonly<Record<string, string>> },
): Promise<GatewaySocket> {
  const facts: Fact[] = [
    { label: "url", value: url.href },
    { label: "host", value: url.host },
    { label: "port", value: String(url.port) },
  ];
  let received = 0;
  const failure = (
    code: ErrorCode,
    why: string,
    more: { retryAfterMs?: number; cause?: unknown } = {},
  ): ConnectError => {
    const kind = code === "LINK_LOST" && received === 0 ? HungUp : ConnectError;
    const detail = { label: "detail", value: why } as const;
    return new kind(code, `${url.href}: ${why}.`, { step: "websocket", facts: [...facts, detail], ...more });
  };

  const count = (chunk: Buffer): void => void (received += chunk.length);
  let isOurs = false;
  const { host: authority, pathname } = new URL(url.href);
  // VS Code replaces `http.request` in its extension host by one that dials for itself and so leaves out our stream, its
  // SSH channel and its certificate check. It leaves requests to a socket path alone; the path is never opened.
  const ws = new WebSocket(`ws+unix:/the-given-stream:${pathname}`, {
    createConnection: () => {
      isOurs = true;
      return stream;
    },
    headers: { ...bound.headers, Host: authority },
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: MAX_PAYLOAD,
  });
  // Its listeners are there from the first byte on, so that nothing is lost before anybody listens.
  const socket = new WsGatewaySocket(ws, bound.onSilent);
  stream.on("data", count);
  const opened = new Promise<GatewaySocket>((resolve, reject) => {
    ws.once("open", () => {
      if (isOurs) resolve(socket);
      else reject(failure("NOT_A_GATEWAY", "this program's HTTP layer dialled by itself, past the checked connection"));
    });
    ws.once("unexpected-response", (_request, response) => {
      readAnswer(response).then(
        (answer) => reject(refusal(response, { answer, url, sent: Object.keys(bound.headers ?? {}) }, failure)),
        reject,
      );
    });
    ws.once("error", (error) => {
      const isForeign = received > 0 && codeOf(error) !== "ECONNRESET";
      const why = printable(
        isForeign ? `it does not speak WebSocket (${error.message})` : `the link ended (${error.message})`,
        200,
      );
      reject(failure(isForeign ? "NOT_A_GATEWAY" : "LINK_LOST", why, { cause: error }));
    });
    ws.once("close", () => reject(failure("LINK_LOST", "the link ended")));
  });
  const onTimeout = (): ConnectError =>
    failure("HANDSHAKE_TIMEOUT", `no WebSocket answer within ${bound.timeoutMs} ms`);
  try {
    return await within(opened, { ...bound, onTimeout });
  } catch (error) {
    ws.terminate();
    stream.on("error", () => undefined);
    stream.destroy();
    if (error instanceof ConnectError || error instanceof CancelledError) throw error;
    throw failure("LINK_LOST", printable(String(error)), { cause: error });
  } finally {
    stream.off("data", count);
  }
}

type Fail = (code: ErrorCode, why: string, more?: { retryAfterMs?: number }) => ConnectError;

function refusal(
  response: IncomingMessage,
  {
    answer,
    url,
    sent,
  }: { readonly answer: string; readonly url: { href: string; host: string }; readonly sent: readonly string[] },
  failure: Fail,
): ConnectError {
  const status = response.statusCode ?? 0;
  // What an edge was sent it may send back; none of it may stand on a card.
  const told = sent.length > 0 ? "" : printable(answer, 200);
  const why = `it answered HTTP ${status}${told === "" ? "" : ` (${told})`}`;
  if (status === 503)
    return failure(/starting/i.test(answer) ? "GATEWAY_STARTING" : "GATEWAY_BUSY", why, retryAfter(response));
  if (status === 429) return failure("RATE_LIMITED", why, retryAfter(response));
  if (sent.length > 0 && (status === 401 || status === 403 || (status >= 300 && status < 400)))
    return failure("EDGE_REFUSED", `it answered HTTP ${status} to a request with ${sent.join(", ")}`);
  // Headers go to an edge over TLS only.
  const edge = url.href.startsWith("wss:") ? edgeMark(response, url.host) : undefined;
  if (edge !== undefined) return failure("EDGE_REFUSED", `it answered HTTP ${status} and wants a sign-in (${edge})`);
  // We send no Origin, so a Gateway says 403 about what a proxy on the way has added.
  if (status === 403) return failure("ORIGIN_REFUSED", why);
  const location = response.headers.location;
  if (status >= 300 && status < 400 && location !== undefined) {
    return failure(
      "NOT_A_GATEWAY",
      `it redirects to ${printable(location.replace(/\?.*$/s, ""), 200)}, which is not followed`,
    );
  }
  return failure("NOT_A_GATEWAY", why);
}

function retryAfter(response: IncomingMessage): { retryAfterMs?: number } {
  const seconds = response.headers["retry-after"];
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? { retryAfterMs: Number(seconds) * 1000 } : {};
}

/** The first bytes of the body, only for the card. */
async function readAnswer(response: IncomingMessage): Promise<string> {
  const isText = /^(?:text\/plain|application\/json)\b/.test(response.headers["content-type"] ?? "text/plain");
  let text = "";
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length >= MAX_ANSWER_BYTES) break;
    }
  } catch {
    // The status says enough.
  }
  return isText ? text.trim().slice(0, MAX_ANSWER_BYTES) : "";
}
