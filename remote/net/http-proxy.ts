import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { ConnectError, type Fact } from "../../protocol/errors/connect-error.ts";
import { hostPort } from "../target/host.ts";
import { printable } from "../target/printable.ts";
import { type DialBound, type Place, codeOf } from "./dial.ts";
import type { HttpProxy } from "./proxy-choice.ts";
import { within } from "./within.ts";

const MAX_ANSWER_BYTES = 16 * 1024;
const HEAD_END = "\r\n\r\n";

/**
 * Asks a proxy that is connected for a line to a place (CONNECT, RFC 9110 9.3.6). What it sends after its answer belongs to
 * the line already. The proxy learns the name and the port of the place and nothing else.
 * @throws ConnectError PROXY_FAILED, PROXY_AUTH_REQUIRED; CancelledError. The socket is closed then.
 */
export async function lineThroughProxy(
  socket: Socket,
  proxy: HttpProxy,
  place: Place,
  bound: DialBound,
): Promise<Duplex> {
  const failed = failures(proxy, place);
  const onTimeout = (): ConnectError => failed("PROXY_FAILED", `it did not answer within ${bound.timeoutMs} ms`);
  try {
    const stream = proxy.secure ? await within(encrypted(socket, proxy), { ...bound, onTimeout }) : socket;
    const target = hostPort(place.host, place.port);
    const head = [`CONNECT ${target} HTTP/1.1`, `Host: ${target}`];
    if (proxy.authorization !== undefined) head.push(`Proxy-Authorization: ${proxy.authorization}`);
    const answer = within(readHead(stream), { ...bound, onTimeout });
    stream.write(`${head.join("\r\n")}${HEAD_END}`);
    const [line = "", ...headers] = (await answer).split("\r\n");
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1];
    if (status === undefined) throw failed("PROXY_FAILED", "it does not speak HTTP");
    if (status === "407") throw failed("PROXY_AUTH_REQUIRED", `it wants ${wantedScheme(headers)}`);
    if (!status.startsWith("2")) throw failed("PROXY_FAILED", `it answered ${printable(line, 100)}`);
    return stream;
  } catch (error) {
    socket.destroy();
    if (error instanceof ConnectError || !(error instanceof Error) || error.name === "CancelledError") throw error;
    throw failed("PROXY_FAILED", printable(codeOf(error) ?? error.message, 200), error);
  }
}

function failures(proxy: HttpProxy, place: Place) {
  const shown = hostPort(proxy.host, proxy.port);
  return (code: "PROXY_FAILED" | "PROXY_AUTH_REQUIRED", detail: string, cause?: unknown): ConnectError => {
    const facts: Fact[] = [
      { label: "proxy", value: shown },
      { label: "host", value: place.host },
      { label: "detail", value: detail },
    ];
    return new ConnectError(code, `The proxy ${shown} gave no line to ${place.host}: ${detail}.`, {
      step: "tcp",
      facts,
      cause,
    });
  };
}

/** The name of the first scheme of `Proxy-Authenticate`. */
function wantedScheme(headers: readonly string[]): string {
  const challenge = headers.find((header) => /^proxy-authenticate:/i.test(header));
  const scheme = /^[^:]+:\s*([A-Za-z-]{1,30})/.exec(challenge ?? "")?.[1];
  return scheme === undefined ? "a sign-in" : `a sign-in (${scheme})`;
}

function encrypted(socket: Socket, { host, strict }: HttpProxy): Promise<Duplex> {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const tls = connectTls({ socket, host, ...servername, rejectUnauthorized: strict, minVersion: "TLSv1.2" });
  return new Promise((resolve, reject) => {
    tls.once("secureConnect", () => resolve(tls));
    // Stays for good: a later error must not become an uncaught one.
    tls.on("error", reject);
    tls.once("close", () => reject(new Error("it closed the connection")));
  });
}

/** Reads up to the empty line, and puts back what came after it. */
function readHead(stream: Duplex): Promise<string> {
  let read = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      stream.off("readable", more).off("error", reject).off("close", closed);
      settle();
    };
    const closed = (): void => end(() => reject(new Error("it closed the connection")));
    const more = (): void => {
      for (let chunk: unknown = stream.read(); chunk !== null; chunk = stream.read()) {
        if (Buffer.isBuffer(chunk)) read = Buffer.concat([read, chunk]);
        const at = read.indexOf(HEAD_END);
        if (at >= 0) {
          const rest = read.subarray(at + HEAD_END.length);
          return end(() => {
            if (rest.length > 0) stream.unshift(rest);
            resolve(read.toString("latin1", 0, at));
          });
        }
        if (read.length > MAX_ANSWER_BYTES) return end(() => reject(new Error("its answer has no end")));
      }
    };
    stream.on("readable", more).once("error", reject).once("close", closed);
  });
}
