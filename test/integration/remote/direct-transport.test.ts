import { X509Certificate } from "node:crypto";
import { type IncomingMessage, createServer as createHttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, type Socket, createServer } from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { DirectTransport } from "../../../remote/transport/direct-transport.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { selfSigned } from "../../../sidecar/tls/self-signed.ts";
import { type Certificate, makeCertificate } from "../../support/certificate.ts";
import { freePort } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { listenTo, newClimb, startEcho } from "./lab.ts";

const open = (url: string, options: { tlsFingerprint?: string; timeoutMs?: number } = {}, climb = newClimb()) =>
  new DirectTransport({ url: parseGatewayUrl(url), ...options }).open(climb.context);

async function listen(server: {
  listen(port: number, host: string, done: () => void): unknown;
  address(): unknown;
  close(): unknown;
}): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe("a direct WebSocket", () => {
  let echo: Awaited<ReturnType<typeof startEcho>>;
  beforeAll(async () => {
    echo = await startEcho();
  });
  afterAll(() => echo?.stop());

  it("carries messages and climbs the rungs of its road", async () => {
    const climb = newClimb();
    const socket = await open(`ws://127.0.0.1:${echo.port}`, {}, climb);
    const heard = listenTo(socket);
    expect(await heard.next()).toBe("hello");
    socket.send("direct");
    expect(await heard.next()).toBe("direct");
    expect(climb.rungs()).toEqual([
      "resolve passed",
      "tcp passed",
      "host-key skipped",
      "ssh-auth skipped",
      "find-gateway skipped",
      "websocket passed",
    ]);
    socket.close(4001, "enough");
    expect(await heard.closed).toEqual({ code: 4001, reason: "enough" });
    expect(socket.isOpen()).toBe(false);
  });

  it("keeps what comes before anybody listens, and says late that it was closed", async () => {
    const socket = await open(`ws://localhost:${echo.port}`);
    await socket.ping(5_000);
    for (const peer of echo.sockets) peer.close(1012, "restart");
    await expect.poll(() => socket.isOpen()).toBe(false);
    const heard = listenTo(socket);
    expect(await heard.next()).toBe("hello");
    expect(await heard.closed).toEqual({ code: 1012, reason: "restart" });
  });

  it("takes no binary frames and no second listener", async () => {
    const socket = await open(`ws://127.0.0.1:${echo.port}`);
    const heard = listenTo(socket);
    expect(() => socket.listen({ message: () => undefined, close: () => undefined })).toThrow("already");
    for (const peer of echo.sockets) peer.send(Buffer.from("x"));
    expect((await heard.closed).code).toBe(1003);
  });

  it("refuses a frame above the limit", async () => {
    const socket = await open(`ws://127.0.0.1:${echo.port}`);
    const heard = listenTo(socket);
    for (const peer of echo.sockets) peer.send("x".repeat(33 * 1024 * 1024));
    expect((await heard.closed).code).toBe(1009);
  });

  it("offers no compression and no origin, and sends no credential", async () => {
    let headers: IncomingMessage["headers"] = {};
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: true });
    onTestFinished(() => server.close());
    server.on("connection", (_socket, request) => (headers = request.headers));
    await new Promise((resolve) => server.once("listening", resolve));
    const socket = await open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(headers["sec-websocket-extensions"]).toBeUndefined();
    expect(headers.origin).toBeUndefined();
    expect(headers.authorization).toBeUndefined();
    socket.close();
  });

  it("says when nothing listens", async () => {
    const climb = newClimb();
    const error = await faultOf(open(`ws://127.0.0.1:${await freePort()}`, {}, climb));
    expect(error.code).toBe("TCP_REFUSED");
    expect(climb.rungs()).toEqual(["resolve passed", "tcp failed"]);
  });

  it("says when the name is unknown", async () => {
    expect((await faultOf(open("wss://no-such-host.invalid"))).code).toBe("DNS_FAILED");
  });

  it.each([
    ["a web page", 200, {}, "NOT_A_GATEWAY"],
    ["nothing of that name", 404, {}, "NOT_A_GATEWAY"],
    ["a redirect", 302, { location: "wss://elsewhere.example/?token=abc" }, "NOT_A_GATEWAY"],
    ["a refusal", 403, {}, "ORIGIN_REFUSED"],
    ["too busy", 503, { "retry-after": "7" }, "GATEWAY_BUSY"],
    ["too many", 429, { "retry-after": "60" }, "RATE_LIMITED"],
  ])("says when the answer is %s (HTTP %i)", async (_what, status, headers, code) => {
    const server = createHttpServer();
    server.on("upgrade", (_request, socket) => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(
        `HTTP/1.1 ${status} Status\r\ncontent-type: text/plain\r\n${lines.join("")}content-length: 4\r\n\r\nbody`,
      );
    });
    const error = await faultOf(open(`ws://127.0.0.1:${await listen(server)}`));
    expect(error.code).toBe(code);
    expect(error.step).toBe("websocket");
    expect(factOf(error, "detail")).not.toContain("abc");
    expect(error.retryAfterMs).toBe("retry-after" in headers ? Number(headers["retry-after"]) * 1_000 : undefined);
  });

  it("says when the server speaks no HTTP", async () => {
    const port = await listen(createServer((socket) => socket.write("220 mail.example ESMTP\r\n")));
    expect((await faultOf(open(`ws://127.0.0.1:${port}`))).code).toBe("NOT_A_GATEWAY");
  });

  it("says when the server answers the handshake wrongly", async () => {
    const wrong =
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: wrong\r\n\r\n";
    const port = await listen(createServer((socket) => socket.write(wrong)));
    expect((await faultOf(open(`ws://127.0.0.1:${port}`))).code).toBe("NOT_A_GATEWAY");
  });

  it("says when the server hangs up, and when it says nothing", async () => {
    const hangingUp = await listen(createServer((socket) => socket.destroy()));
    expect((await faultOf(open(`ws://127.0.0.1:${hangingUp}`))).code).toBe("LINK_LOST");
    const sockets = new Set<Socket>();
    const silent = await listen(createServer((socket) => void sockets.add(socket.resume())));
    const error = await faultOf(open(`ws://127.0.0.1:${silent}`, { timeoutMs: 300 }));
    expect(error.code).toBe("HANDSHAKE_TIMEOUT");
    await expect.poll(() => [...sockets].every((socket) => socket.destroyed)).toBe(true);
  });

  it("is cancelled at once while the server says nothing", async () => {
    const sockets = new Set<Socket>();
    const port = await listen(createServer((socket) => void sockets.add(socket.resume())));
    const climb = newClimb();
    const opening = open(`ws://127.0.0.1:${port}`, {}, climb).catch((error: unknown) => error);
    await expect.poll(() => sockets.size).toBe(1);
    const startedAt = performance.now();
    climb.abort.abort();
    expect(await opening).toBeInstanceOf(CancelledError);
    expect(performance.now() - startedAt).toBeLessThan(100);
    await expect.poll(() => [...sockets].every((socket) => socket.destroyed)).toBe(true);
  });
});

describe("a direct WebSocket over TLS", () => {
  let certificate: Certificate;
  let other: Certificate;
  beforeAll(async () => {
    [certificate, other] = await Promise.all([
      makeCertificate(["localhost", "127.0.0.1"]),
      makeCertificate(["elsewhere.example"]),
    ]);
  });

  /** A TLS server with a WebSocket behind it; `bytes` counts what it was told after the TLS handshake. */
  async function serve(own: Certificate): Promise<{ port: number; bytes: () => number; stop: () => Promise<void> }> {
    let bytes = 0;
    const server = createHttpsServer({ key: own.key, cert: own.cert });
    server.on("secureConnection", (socket) => {
      socket.on("error", () => undefined);
      socket.prependListener("data", (chunk: Buffer) => (bytes += chunk.length));
    });
    server.on("tlsClientError", () => undefined);
    const sockets = new WebSocketServer({ server });
    sockets.on("connection", (socket) => socket.send("hello"));
    const port = await listen(server);
    const hangUp = (): void => {
      for (const socket of sockets.clients) socket.terminate();
    };
    onTestFinished(hangUp);
    const stop = (): Promise<void> => {
      hangUp();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    };
    return { port, bytes: () => bytes, stop };
  }

  const spellings = (fingerprint: string): string[] => [
    fingerprint,
    fingerprint.toLowerCase(),
    fingerprint.replaceAll(":", ""),
    `sha256:${fingerprint.replaceAll(":", "").toLowerCase()}`,
    ` SHA256=${fingerprint} `,
  ];

  it("takes the pinned certificate, however its fingerprint is written", async () => {
    const { port } = await serve(certificate);
    for (const tlsFingerprint of spellings(certificate.fingerprint)) {
      const climb = newClimb();
      const socket = await open(`wss://127.0.0.1:${port}`, { tlsFingerprint }, climb);
      expect(await listenTo(socket).next()).toBe("hello");
      expect(climb.ladder().find(({ step }) => step === "websocket")?.evidence).toBe("TLS, pinned");
      socket.close();
    }
  });

  it("takes the pinned certificate whatever its name says", async () => {
    const { port } = await serve(other);
    const socket = await open(`wss://localhost:${port}`, { tlsFingerprint: other.fingerprint });
    expect(await listenTo(socket).next()).toBe("hello");
    socket.close();
  });

  it("takes the pinned certificate after its last day, and no other that has had its day", async () => {
    const expired = selfSigned(["localhost"], new Date("1999-01-01"));
    const tlsFingerprint = new X509Certificate(expired.cert).fingerprint256;
    const { port } = await serve({ ...expired, fingerprint: tlsFingerprint });
    const socket = await open(`wss://localhost:${port}`, { tlsFingerprint });
    expect(await listenTo(socket).next()).toBe("hello");
    socket.close();
    expect((await faultOf(open(`wss://localhost:${port}`))).code).toBe("TLS_UNTRUSTED");
  });

  it("refuses another certificate than the pinned one, before it has said a word", async () => {
    const { port, bytes } = await serve(certificate);
    const error = await faultOf(open(`wss://127.0.0.1:${port}`, { tlsFingerprint: other.fingerprint }));
    expect(error.code).toBe("TLS_PIN_MISMATCH");
    expect(factOf(error, "known")).toBe(other.fingerprint);
    expect(factOf(error, "now")).toBe(certificate.fingerprint);
    expect(bytes()).toBe(0);
  });

  it("refuses a certificate that nobody vouches for, with its fingerprint, before it has said a word", async () => {
    const { port, bytes } = await serve(certificate);
    const error = await faultOf(open(`wss://127.0.0.1:${port}`));
    expect(error.code).toBe("TLS_UNTRUSTED");
    expect(factOf(error, "now")).toBe(certificate.fingerprint);
    expect(factOf(error, "detail")).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(factOf(error, "certificate")).toMatch(
      /^CN=localhost, self-signed, valid \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d$/,
    );
    expect(bytes()).toBe(0);
  });

  it("takes a certificate of a trusted authority for its own name only", async () => {
    const before = tls.getCACertificates("default");
    tls.setDefaultCACertificates([...before, certificate.cert, other.cert]);
    onTestFinished(() => tls.setDefaultCACertificates(before));
    const good = await serve(certificate);
    const socket = await open(`wss://localhost:${good.port}`);
    expect(await listenTo(socket).next()).toBe("hello");
    socket.close();
    const wrongName = await serve(other);
    const error = await faultOf(open(`wss://localhost:${wrongName.port}`));
    expect(error.code).toBe("TLS_UNTRUSTED");
    expect(factOf(error, "detail")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  });

  it.each([
    ["wss", "abc"],
    ["wss", ""],
    ["ws", "00".repeat(32)],
  ])("refuses a pin that cannot be held to, before any socket (%s, %j)", async (scheme, tlsFingerprint) => {
    const climb = newClimb();
    const error = await faultOf(open(`${scheme}://127.0.0.1:1`, { tlsFingerprint }, climb));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(climb.rungs()).toEqual(["resolve failed"]);
  });

  it("meets a Gateway in TLS where plain words were meant, and plainly again once it speaks so", async () => {
    const { port, stop } = await serve(certificate);
    const transport = new DirectTransport({ url: parseGatewayUrl(`ws://127.0.0.1:${port}`) });
    const greeting = async (): Promise<readonly unknown[]> => {
      const climb = newClimb();
      const socket = await transport.open(climb.context);
      const word = await listenTo(socket).next();
      socket.close();
      return [word, climb.ladder().find(({ step }) => step === "websocket")?.evidence];
    };
    expect(await greeting()).toEqual(["hello", "TLS, certificate not checked"]);
    expect(await greeting()).toEqual(["hello", "TLS, certificate not checked"]);
    await stop();
    const plain = new WebSocketServer({ host: "127.0.0.1", port });
    onTestFinished(() => plain.close());
    plain.on("connection", (socket) => socket.send("plain hello"));
    await new Promise((resolve) => plain.once("listening", resolve));
    expect(await greeting()).toEqual(["plain hello", "ws"]);
  });

  it("has one patience for a server that hangs up on plain words and stalls in TLS", async () => {
    let calls = 0;
    const port = await listen(createServer((socket) => void ((calls += 1) === 1 ? socket.destroy() : socket.resume())));
    const startedAt = performance.now();
    expect((await faultOf(open(`ws://127.0.0.1:${port}`, { timeoutMs: 400 }))).code).toBe("LINK_LOST");
    expect(calls).toBe(2);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it("says when the server speaks no TLS", async () => {
    const port = await listen(createHttpServer());
    expect((await faultOf(open(`wss://127.0.0.1:${port}`))).code).toBe("NOT_A_GATEWAY");
  });

  it("gives up on a TLS handshake that stalls", async () => {
    const port = await listen(createServer((socket) => void socket.resume()));
    expect((await faultOf(open(`wss://127.0.0.1:${port}`, { timeoutMs: 300 }))).code).toBe("HANDSHAKE_TIMEOUT");
  });
});
