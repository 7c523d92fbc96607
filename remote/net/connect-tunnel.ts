import { type Socket, isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { ErrorCode } from "../../protocol/errors/catalogue.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { hostPort } from "../target/host.ts";
import { printable } from "../target/printable.ts";
import { type DialBound, type Place, codeOf, dialTcp, resolveHost } from "./dial.ts";
import type { ProxyServer } from "./proxy-rules.ts";
import { within } from "./within.ts";

/** A proxy's answer is a status line and a few headers; one that says more is refused. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = "\r\n\r\n";

export interface TunnelRequest {
  readonly proxy: ProxyServer;
  readonly strictTls: boolean;
  /** The value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
}

export type TunnelAnswer =
  | { readonly kind: "open"; readonly stream: Duplex }
  /** Authentication schemes that the proxy takes, in lower case, with what Basic calls its realm. */
  | { readonly kind: "wants-sign-in"; readonly schemes: readonly string[]; readonly realm: string };

/**
 * Asks an HTTP proxy for a tunnel to a place (RFC 9110, 9.3.6). What follows its answer is the tunnel's and stays in the
 * stream. The proxy resolves the name.
 * @throws ConnectError PROXY_FAILED, PROXY_REFUSED; CancelledError. Nothing is left open then.
 */
export async function openTunnel(place: Place, request: TunnelRequest, bound: DialBound): Promise<TunnelAnswer> {
  const { proxy } = request;
  const socket = await reach(proxy, bound);
  let stream: Duplex = socket;
  try {
    if (proxy.secure) stream = await encrypt(socket, request, bound);
    const target = hostPort(place.host, place.port);
    const lines = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`];
    if (request.authorization !== undefined) lines.push(`Proxy-Authorization: ${request.authorization}`);
    const head = readHead(stream);
    stream.write(lines.join("\r\n") + HEAD_END);
    const onTimeout = () => failed(proxy, `it gave no whole answer within ${bound.timeoutMs} ms`);
    const answer = judge(await within(head, { ...bound, onTimeout }).catch(asFailure(proxy)), { proxy, target });
    if (answer !== undefined) {
      stream.destroy();
      return answer;
    }
    return { kind: "open", stream };
  } catch (error) {
    stream.destroy();
    socket.destroy();
    throw error;
  }
}

async function reach(proxy: ProxyServer, bound: DialBound): Promise<Socket> {
  try {
    return await dialTcp(proxy, await resolveHost(proxy, bound), bound);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    throw failed(proxy, error.message.replace(/\.$/, ""), error);
  }
}

/** The proxy's own TLS; the Gateway's runs inside the tunnel and is checked as ever. */
async function encrypt(socket: Socket, { proxy, strictTls }: TunnelRequest, bound: DialBound): Promise<Duplex> {
  const tls = connectTls({
    socket,
    host: proxy.host,
    ...(isIP(proxy.host) === 0 ? { servername: proxy.host } : {}),
    rejectUnauthorized: strictTls,
    minVersion: "TLSv1.2",
    ALPNProtocols: ["http/1.1"],
  });
  const secured = new Promise<void>((resolve, reject) => {
    tls.once("secureConnect", () => resolve());
    // Both stay for good: a later error must not become an uncaught one.
    tls.on("error", reject);
    tls.once("close", () => reject(new Error("it hung up")));
  });
  const onTimeout = () => failed(proxy, `it did not finish the TLS handshake within ${bound.timeoutMs} ms`);
  await within(secured, { ...bound, onTimeout }).catch(asFailure(proxy));
  return tls;
}

class Nonsense extends Error {}

/** Reads up to the empty line and no byte further. */
function readHead(stream: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    let seen = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      stream.off("readable", onReadable);
      stream.off("end", onEnd);
      stream.off("close", onEnd);
      settle();
    };
    const onReadable = (): void => {
      for (let chunk: unknown = stream.read(); Buffer.isBuffer(chunk); chunk = stream.read()) {
        seen = Buffer.concat([seen, chunk]);
        const at = seen.indexOf(HEAD_END);
        if (at >= 0 && at <= MAX_HEAD_BYTES) {
          const rest = seen.subarray(at + HEAD_END.length);
          return end(() => {
            if (rest.length > 0) stream.unshift(rest);
            resolve(seen.subarray(0, at).toString("latin1"));
          });
        }
        if (seen.length > MAX_HEAD_BYTES) return end(() => reject(new Nonsense("its answer has no end")));
        if (seen.length >= 5 && seen.toString("latin1", 0, 5) !== "HTTP/")
          return end(() => reject(new Nonsense("it does not speak HTTP")));
      }
    };
    const onEnd = (): void => end(() => reject(new Nonsense("it hung up")));
    stream.on("readable", onReadable);
    stream.on("end", onEnd);
    stream.on("close", onEnd);
    // Stays for good: a later error must not become an uncaught one, and `close` follows it anyway.
    stream.on("error", (error) => reject(error));
  });
}

/** Undefined: the tunnel is open. */
function judge(head: string, { proxy, target }: { proxy: ProxyServer; target: string }): TunnelAnswer | undefined {
  const [statusLine = "", ...fields] = head.split("\r\n");
  const status = /^HTTP\/1\.[01] ([2-5]\d\d)(?: (.*))?$/.exec(statusLine);
  if (status === null) throw failed(proxy, `its answer is not HTTP (${printable(statusLine, 100)})`);
  const code = Number(status[1]);
  if (code < 300) return undefined;
  if (code === 407) return wantedSignIn(fields);
  const said = `it answered HTTP ${code}${status[2] === undefined ? "" : ` ${printable(status[2], 100)}`} for ${target}`;
  // The 5xx are about a moment: the proxy did not reach the Gateway now. Whatever else it says, it will say again.
  throw code >= 500 ? failed(proxy, said) : failure("PROXY_REFUSED", proxy, said);
}

function wantedSignIn(fields: readonly string[]): TunnelAnswer {
  const challenges = fields.flatMap((field) => /^proxy-authenticate:\s*(.*)$/i.exec(field)?.[1] ?? []);
  const schemes = challenges.flatMap(
    (text) => /^[A-Za-z][A-Za-z0-9-]{0,30}(?=\s|$|,)/.exec(text)?.[0].toLowerCase() ?? [],
  );
  const realm =
    challenges.map((text) => /\brealm="([^"]*)"/i.exec(text)?.[1]).find((found) => found !== undefined) ?? "";
  return { kind: "wants-sign-in", schemes: schemes.slice(0, 8), realm: printable(realm, 80) };
}

const asFailure =
  (proxy: ProxyServer) =>
  (error: unknown): never => {
    if (error instanceof Nonsense) throw failed(proxy, error.message, error);
    const isOwn = error instanceof ConnectError || !(error instanceof Error) || error.name === "CancelledError";
    if (isOwn) throw error;
    throw failed(proxy, `the link broke (${printable(codeOf(error) ?? error.message, 120)})`, error);
  };

const failed = (proxy: ProxyServer, why: string, cause?: unknown): ConnectError =>
  failure("PROXY_FAILED", proxy, why, cause);

/** A failure of the proxy itself, told with its address and without its credential. */
export function failure(code: ErrorCode, proxy: ProxyServer, why: string, cause?: unknown): ConnectError {
  return new ConnectError(code, `The proxy ${proxy.origin}: ${why}.`, {
    step: "tcp",
    facts: [
      { label: "host", value: proxy.host },
      { label: "port", value: String(proxy.port) },
      { label: "detail", value: why },
    ],
    cause,
  });
}
