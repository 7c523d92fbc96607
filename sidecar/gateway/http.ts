import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** How far a Gateway is. */
export type Phase = "starting" | "serving" | "draining";

const LIVE = new Set(["/healthz", "/health"]);
const READY = new Set(["/readyz", "/ready"]);
const STARTED = new Set(["/startupz", "/startup"]);

/** Whether a request asks only if the process lives: answered also to those who may know nothing else. */
export function isLivenessProbe({ url = "" }: IncomingMessage): boolean {
  return LIVE.has(url);
}

/** Answers a supervisor's probes. Everything else is not here, and nothing says what would be. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, phase: Phase): void {
  const { method, url = "" } = request;
  const isProbe = LIVE.has(url) || READY.has(url) || STARTED.has(url);
  if (!isProbe) return answerBare(response, 404);
  if (method !== "GET" && method !== "HEAD") return answerBare(response, 405, { allow: "GET, HEAD" });
  const isUp = LIVE.has(url) || phase === "serving";
  const body = JSON.stringify(bodyOf(url, phase));
  response.writeHead(isUp ? 200 : 503, {
    ...common(),
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
  });
  response.end(method === "HEAD" ? undefined : body);
}

function bodyOf(url: string, phase: Phase): unknown {
  if (LIVE.has(url)) return { ok: true, status: "live" };
  if (READY.has(url)) return { ready: phase === "serving" };
  return { ok: phase === "serving", status: phase === "serving" ? "started" : phase };
}

/** An answer without a body. */
export function answerBare(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { ...common(), ...headers, "content-length": 0 });
  response.end();
}

const common = (): Record<string, string> => ({
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
});

/** Refuses an upgrade in plain HTTP and lets the socket go. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
