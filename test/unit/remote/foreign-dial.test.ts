import http from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { WebSocketServer } from "ws";
import { upgrade } from "../../../remote/socket/upgrade.ts";
import { faultOf } from "./fault-of.ts";

it("a connection that the HTTP layer made by itself is never used, whatever replaced it", async () => {
  const servers = [
    new WebSocketServer({ host: "127.0.0.1", port: 0 }),
    new WebSocketServer({ host: "127.0.0.1", port: 0 }),
  ];
  onTestFinished(() => {
    for (const server of servers) {
      for (const client of server.clients) client.terminate();
      server.close();
    }
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const [meant = 0, decoy = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  const original = http.request;
  const dialElsewhere = (options: http.RequestOptions): http.ClientRequest =>
    original({ ...options, socketPath: null, host: "127.0.0.1", port: decoy, createConnection: undefined } as never);
  vi.spyOn(http, "request").mockImplementation(dialElsewhere as never);
  onTestFinished(() => void vi.restoreAllMocks());

  const stream = connect(meant, "127.0.0.1");
  onTestFinished(() => void stream.destroy());
  const url = { href: `ws://127.0.0.1:${meant}/`, host: "127.0.0.1", port: meant };
  const error = await faultOf(upgrade(stream, url, { signal: new AbortController().signal, timeoutMs: 5_000 }));
  expect(error.code).toBe("NOT_A_GATEWAY");
  expect(error.message).toContain("dialled by itself");
});
