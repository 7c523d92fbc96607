import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";

const MAX_BODY_CHARS = 10_000;

/** Whether a Gateway at `url` (ws:// or wss://) says of itself that it takes connections. */
export function isReady(url: string, timeoutMs: number): Promise<boolean> {
  return probe(url, { path: "/readyz", sign: '"ready":true', timeoutMs });
}

/** Whether what listens at `url` answers like a Gateway. */
export function isGateway(url: string, timeoutMs: number): Promise<boolean> {
  return probe(url, { path: "/healthz", sign: '"live"', timeoutMs });
}

interface Probe {
  readonly path: string;
  /** What a Gateway's answer contains. */
  readonly sign: string;
  readonly timeoutMs: number;
}

function probe(url: string, { path, sign, timeoutMs }: Probe): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  const isSecure = protocol === "wss:";
  const options = {
    host: hostname.replace(/^\[|\]$/g, ""),
    port,
    path,
    signal: AbortSignal.timeout(timeoutMs),
    agent: false,
    // Nothing secret is sent, and the certificate may be the sidecar's own: this asks only whether it answers.
    ...(isSecure ? { rejectUnauthorized: false } : {}),
  } as const;
  return new Promise((resolve) => {
    const request = (isSecure ? getSecure : getPlain)(options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk.slice(0, MAX_BODY_CHARS);
        if (body.length > MAX_BODY_CHARS) request.destroy();
      });
      response.on("end", () => resolve(response.statusCode === 200 && body.includes(sign)));
      response.on("error", () => resolve(false));
    });
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
}
