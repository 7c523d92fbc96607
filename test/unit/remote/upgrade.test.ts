import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { upgrade } from "../../../remote/socket/upgrade.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

async function listen(): Promise<{ readonly port: number; readonly hosts: (string | undefined)[] }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  cleanups.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const hosts: (string | undefined)[] = [];
  server.on("connection", (_socket, request) => hosts.push(`${request.headers.host}${request.url}`));
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, hosts };
}

/** What VS Code's extension host does to `http.request`: a foreign agent dials, unless a socket path is named. */
function replaceRequestAsVsCodeDoes(): void {
  const original = http.request;
  cleanups.push(() => (http.request = original));
  http.request = ((options: http.RequestOptions, ...rest: []) =>
    options.socketPath === undefined || options.socketPath === null
      ? original({ ...options, agent: new http.Agent() }, ...rest)
      : original(options, ...rest)) as typeof http.request;
}

test.each([
  ["in plain Node", () => undefined],
  ["where VS Code replaces http.request", replaceRequestAsVsCodeDoes],
])("the WebSocket goes through the given stream and nowhere else, %s", async (_where, prepare) => {
  prepare();
  const [meant, decoy] = [await listen(), await listen()];
  const stream = connect(meant.port, "127.0.0.1");
  cleanups.push(() => stream.destroy());
  await once(stream, "connect");
  const url = { href: `ws://127.0.0.1:${decoy.port}/gateway`, host: "127.0.0.1", port: decoy.port };
  const socket = await upgrade(stream, url, { signal: new AbortController().signal, timeoutMs: 5_000 });
  cleanups.push(() => socket.close(1000, "done"));
  expect(meant.hosts).toEqual([`127.0.0.1:${decoy.port}/gateway`]);
  expect(decoy.hosts).toEqual([]);
});
