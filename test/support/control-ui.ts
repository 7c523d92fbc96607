import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, normalize } from "node:path";
import { installOpenClaw } from "./openclaw-install.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".ico": "image/x-icon",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

export interface ControlUi {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  stop(): Promise<void>;
}

/** Serves the Control UI of the real OpenClaw package: its files as they are, and its page at every route of the app. */
export async function serveControlUi(): Promise<ControlUi> {
  const root = join(dirname((await installOpenClaw()).entry), "dist", "control-ui");
  const page = (await readFile(join(root, "index.html"), "utf8")).replace("<head>", '<head><base href="/">');
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://x").pathname);
    const type = TYPES[extname(path)];
    if (type === undefined && !path.startsWith("/api/")) {
      response.writeHead(200, { "content-type": "text/html" }).end(page);
      return;
    }
    readFile(join(root, path)).then(
      (bytes) => response.writeHead(200, { "content-type": type ?? "application/octet-stream" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The Control UI has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
