import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, type Socket, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import type { ProxyCredentials } from "../../../remote/net/dial-proxy.ts";
import type { BasicCredential, ProxyRules } from "../../../remote/net/proxy-rules.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../../remote/transport/direct-transport.ts";
import { type Certificate, makeCertificate } from "../../support/certificate.ts";
import { runBuiltCli } from "../../support/cli.ts";
import { type ConnectProxy, type ConnectProxyOptions, startConnectProxy } from "../../support/connect-proxy.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";
import { freePort } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { listenTo, newClimb, startEcho } from "./lab.ts";

const HOST = "gateway.internal";
let certificate: Certificate;
let home: string;
let sidecar: RunningSidecar;

beforeAll(async () => {
  certificate = await makeCertificate([HOST]);
  home = await mkdtemp(join(tmpdir(), "openclaw-proxy-"));
  const [certPath, keyPath] = [join(home, "cert.pem"), join(home, "key.pem")];
  await Promise.all([writeFile(certPath, certificate.cert), writeFile(keyPath, certificate.key, { mode: 0o600 })]);
  sidecar = await startSidecar({ config: { gateway: { tls: { enabled: true, certPath, keyPath } } } });
});
afterAll(async () => {
  await sidecar?.stop();
  await rm(home, { recursive: true, force: true });
});

async function proxyServer(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(options);
  onTestFinished(() => proxy.stop());
  return proxy;
}

/** A proxy that says what a test wants. */
async function hostile(speak: (socket: Socket) => void): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    speak(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

const answering = (text: string) => hostile((socket) => void socket.once("data", () => socket.write(text)));

interface Wish extends Partial<ProxyRules> {
  readonly credentials?: ProxyCredentials;
  readonly pin?: string;
  readonly host?: string;
  readonly timeoutMs?: number;
}

function open(proxyUrl: string, wish: Wish = {}, climb = newClimb()) {
  const { credentials, pin, host = HOST, timeoutMs, ...more } = wish;
  const rules: ProxyRules = { url: proxyUrl, noProxy: [], strictTls: true, ...more };
  return new DirectTransport({
    url: parseGatewayUrl(`wss://${host}:${sidecar.port}`),
    tlsFingerprint: pin ?? certificate.fingerprint,
    proxy: { rules: () => rules, ...(credentials === undefined ? {} : { credentials }) },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }).open(climb.context);
}

/** Somebody who types these, one after the other, and a store. */
function person(...typed: readonly (BasicCredential | undefined)[]) {
  const left = [...typed];
  const kept = new Map<string, BasicCredential>();
  const ask = vi.fn<ProxyCredentials["ask"]>(async () => left.shift());
  const credentials: ProxyCredentials = {
    load: async (origin) => kept.get(origin),
    ask,
    keep: async (origin, credential) => void kept.set(origin, credential),
    forget: async (origin) => void kept.delete(origin),
  };
  return { kept, ask, credentials };
}

const ALICE = { user: "alice", password: "pr0xy-s3cret" };
const NEEDS_ALICE = { credential: `${ALICE.user}:${ALICE.password}` };

describe("a Gateway behind an HTTP proxy", () => {
  it("is reached through it with TLS and pin end to end, and the proxy resolves the name", async () => {
    const proxy = await proxyServer();
    const climb = newClimb();
    const socket = await open(`http://127.0.0.1:${proxy.port}`, {}, climb);
    expect(await listenTo(socket).next()).toContain("connect.challenge");
    expect(proxy.asked).toEqual([{ target: `${HOST}:${sidecar.port}`, authorization: undefined }]);
    expect(proxy.carried()).not.toMatch(/GET |Upgrade|websocket/i);
    const evidence = Object.fromEntries(climb.ladder().map((rung) => [rung.step, rung.evidence]));
    expect(evidence["resolve"]).toBe(`by the proxy http://127.0.0.1:${proxy.port}`);
    expect(evidence["websocket"]).toBe("TLS, pinned");
    socket.close();
  });

  it("refuses another certificate than the pinned one through the proxy too", async () => {
    const proxy = await proxyServer();
    const pin = "00".repeat(32);
    expect((await faultOf(open(`http://127.0.0.1:${proxy.port}`, { pin }))).code).toBe("TLS_PIN_MISMATCH");
  });

  it("goes direct to this computer and to hosts of noProxy", async () => {
    const proxy = await proxyServer();
    const url = `http://127.0.0.1:${proxy.port}`;
    (await open(url, { host: "127.0.0.1" })).close();
    const error = await faultOf(open(url, { host: "gateway.invalid", noProxy: [".invalid"] }));
    expect(error.code).toBe("DNS_FAILED");
    expect(proxy.asked).toEqual([]);
  });

  it("takes plain ws straight to its nearby address", async () => {
    const [proxy, echo] = await Promise.all([proxyServer(), startEcho()]);
    onTestFinished(() => echo.stop());
    const rules: ProxyRules = { url: `http://127.0.0.1:${proxy.port}`, noProxy: [], strictTls: true };
    const url = parseGatewayUrl(`ws://localhost:${echo.port}`);
    (await new DirectTransport({ url, proxy: { rules: () => rules } }).open(newClimb().context)).close();
    expect(proxy.asked).toEqual([]);
  });

  it("trusts an https:// proxy by its certificate, or anyhow when that is switched off", async () => {
    const proxy = await proxyServer({ certificate: await makeCertificate(["127.0.0.1"]) });
    const url = `https://127.0.0.1:${proxy.port}`;
    const error = await faultOf(open(url));
    expect(error.code).toBe("PROXY_FAILED");
    expect(factOf(error, "detail")).toContain("DEPTH_ZERO_SELF_SIGNED_CERT");
    (await open(url, { strictTls: false })).close();
    expect(proxy.asked).toHaveLength(1);
  });

  it("is reached by the command line's HTTPS_PROXY and not past its NO_PROXY", async () => {
    const proxy = await proxyServer(NEEDS_ALICE);
    const run = (env: Record<string, string>) =>
      runBuiltCli(["health", "--url", `wss://${HOST}:${sidecar.port}`, "--json"], {
        OPENCLAW_GATEWAY_TOKEN: sidecar.token,
        NODE_EXTRA_CA_CERTS: join(home, "cert.pem"),
        ...env,
      });
    const url = `http://alice:${ALICE.password}@127.0.0.1:${proxy.port}`;
    const through = await run({ HTTPS_PROXY: url });
    expect({ code: through.code, stderr: through.stderr }).toEqual({ code: 0, stderr: "" });
    const wrong = await run({ https_proxy: `http://alice:wr0ng-word@127.0.0.1:${proxy.port}` });
    expect(wrong.code).toBe(4);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: "PROXY_AUTH_REQUIRED" } });
    expect(wrong.stdout + wrong.stderr).not.toContain("wr0ng-word");
    const asked = proxy.asked.length;
    const past = await run({ HTTPS_PROXY: url, NO_PROXY: "other.example,gateway.internal" });
    expect(JSON.parse(past.stdout)).toMatchObject({ error: { code: "DNS_FAILED" } });
    expect(proxy.asked).toHaveLength(asked);
  });
});

describe("the sign-in of a proxy", () => {
  it("is asked for once, kept for that proxy alone, and used without a question the next time", async () => {
    const proxy = await proxyServer(NEEDS_ALICE);
    const origin = `http://127.0.0.1:${proxy.port}`;
    const alice = person(ALICE);
    (await open(origin, { credentials: alice.credentials })).close();
    expect(alice.ask.mock.calls[0]?.[0]).toEqual({ origin, realm: "Big Company", isAgain: false });
    expect([...alice.kept]).toEqual([[origin, ALICE]]);
    (await open(origin, { credentials: alice.credentials })).close();
    expect(alice.ask).toHaveBeenCalledTimes(1);
    const other = await proxyServer();
    (await open(`http://127.0.0.1:${other.port}`, { credentials: alice.credentials })).close();
    expect(other.asked[0]?.authorization).toBeUndefined();
  });

  it("is not tried in a circle: a wrong one is told, neither kept nor shown", async () => {
    const proxy = await proxyServer(NEEDS_ALICE);
    const origin = `http://127.0.0.1:${proxy.port}`;
    const wrong = { user: "alice", password: "wr0ng-word" };
    const alice = person(wrong, wrong);
    alice.kept.set(origin, { user: "alice", password: "old" });
    const error = await faultOf(open(origin, { credentials: alice.credentials }));
    expect(error.code).toBe("PROXY_AUTH_REQUIRED");
    expect(JSON.stringify([error.message, error.facts])).not.toContain("wr0ng-word");
    expect(alice.kept.size).toBe(0);
    expect(proxy.asked).toHaveLength(2);
  });

  it("is asked for anew when the kept one is refused", async () => {
    const proxy = await proxyServer(NEEDS_ALICE);
    const origin = `http://127.0.0.1:${proxy.port}`;
    const alice = person(ALICE);
    alice.kept.set(origin, { user: "alice", password: "old" });
    (await open(origin, { credentials: alice.credentials })).close();
    expect(alice.ask.mock.calls[0]?.[0].isAgain).toBe(true);
    expect(alice.kept.get(origin)).toEqual(ALICE);
  });

  it("is not asked for when nobody is there; leaving the prompt is no error", async () => {
    const proxy = await proxyServer(NEEDS_ALICE);
    const origin = `http://127.0.0.1:${proxy.port}`;
    const alice = person(undefined);
    const away = newClimb({ interactive: false });
    expect((await faultOf(open(origin, { credentials: alice.credentials }, away))).code).toBe("PROXY_AUTH_REQUIRED");
    expect(alice.ask).not.toHaveBeenCalled();
    const leaving = open(origin, { credentials: alice.credentials }).catch((error: unknown) => error);
    expect(await leaving).toBeInstanceOf(CancelledError);
  });

  it("comes from the proxy's address or from http.proxyAuthorization, and nobody is asked then", async () => {
    const proxy = await proxyServer(NEEDS_ALICE);
    const { credentials, ask } = person();
    (await open(`http://alice:${ALICE.password}@127.0.0.1:${proxy.port}`, { credentials })).close();
    const authorization = `Basic ${Buffer.from(NEEDS_ALICE.credential).toString("base64")}`;
    (await open(`http://127.0.0.1:${proxy.port}`, { credentials, authorization })).close();
    const error = await faultOf(open(`http://alice:no@127.0.0.1:${proxy.port}`, { credentials }));
    expect(error.code).toBe("PROXY_AUTH_REQUIRED");
    const split = "Basic x\r\nX-Evil: 1";
    expect((await faultOf(open(`http://127.0.0.1:${proxy.port}`, { credentials, authorization: split }))).code).toBe(
      "PROXY_AUTH_REQUIRED",
    );
    expect(ask).not.toHaveBeenCalled();
  });

  it("names a scheme that is not supported", async () => {
    const { port } = await answering(
      "HTTP/1.1 407 Auth\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n",
    );
    const { credentials, ask } = person();
    const error = await faultOf(open(`http://127.0.0.1:${port}`, { credentials }));
    expect(error.code).toBe("PROXY_AUTH_REQUIRED");
    expect(factOf(error, "detail")).toContain("negotiate or ntlm");
    expect(ask).not.toHaveBeenCalled();
  });
});

describe("a proxy that does not help", () => {
  it.each([
    ["forbids it", "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n<html>", "PROXY_REFUSED", "HTTP 403"],
    ["redirects", "HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", "PROXY_REFUSED", "HTTP 302"],
    ["does not reach the Gateway", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "PROXY_FAILED", "HTTP 502"],
    ["answers with a page", "<!doctype html><title>Hello</title>", "PROXY_FAILED", "does not speak HTTP"],
    ["answers nonsense", "HTTP/9.9 yes\r\n\r\n", "PROXY_FAILED", "not HTTP"],
    ["has no end", `HTTP/1.1 200 OK\r\n${"X-A: b\r\n".repeat(4_000)}`, "PROXY_FAILED", "no end"],
  ])("%s", async (_what, answer, code, detail) => {
    const { port, sockets } = await answering(answer);
    const error = await faultOf(open(`http://127.0.0.1:${port}`));
    expect({ code: error.code, step: error.step }).toEqual({ code, step: "tcp" });
    expect(factOf(error, "detail")).toContain(detail);
    await expect.poll(() => [...sockets].every((socket) => socket.destroyed)).toBe(true);
  });

  it("is not there, hangs up, or drips its answer for ever", async () => {
    const nobody = await faultOf(open(`http://127.0.0.1:${await freePort()}`));
    expect(nobody.code).toBe("PROXY_FAILED");
    expect(factOf(nobody, "detail")).toContain("ECONNREFUSED");
    const hangsUp = await hostile((socket) => void socket.once("data", () => socket.destroy()));
    expect((await faultOf(open(`http://127.0.0.1:${hangsUp.port}`))).code).toBe("PROXY_FAILED");
    const drips = await hostile((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    const error = await faultOf(open(`http://127.0.0.1:${drips.port}`, { timeoutMs: 400 }));
    expect(factOf(error, "detail")).toContain("within 400 ms");
    await expect.poll(() => [...drips.sockets].every((socket) => socket.destroyed)).toBe(true);
  });

  it("gives what follows its answer to the tunnel, where TLS refuses what is no TLS", async () => {
    const { port } = await answering("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n");
    const error = await faultOf(open(`http://127.0.0.1:${port}`));
    expect({ code: error.code, step: error.step }).toEqual({ code: "NOT_A_GATEWAY", step: "websocket" });
  });

  it("is left at once when the person cancels", async () => {
    const { port, sockets } = await hostile((socket) => void socket.resume());
    const climb = newClimb();
    const opening = open(`http://127.0.0.1:${port}`, {}, climb).catch((error: unknown) => error);
    await expect.poll(() => sockets.size).toBe(1);
    climb.abort.abort();
    expect(await opening).toBeInstanceOf(CancelledError);
    await expect.poll(() => [...sockets].every((socket) => socket.destroyed)).toBe(true);
  });
});
