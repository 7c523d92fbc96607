import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import type { HttpProxy } from "../../../remote/net/proxy-choice.ts";
import { DirectTransport } from "../../../remote/transport/direct-transport.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { type Certificate, makeCertificate } from "../../support/certificate.ts";
import { type ConnectProxyOptions, startConnectProxy } from "../../support/connect-proxy.ts";
import { freePort } from "../../support/sshd.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { listenTo, newClimb } from "./lab.ts";

/** A name that only the proxy's network knows. */
const URL = "wss://gateway.inside.example:8443";
const SECRET = `Basic ${Buffer.from("ann:proxy-secret").toString("base64")}`;

let certificate: Certificate;
let gatewayPort: number;
const gateway: { close(): unknown }[] = [];

beforeAll(async () => {
  certificate = await makeCertificate(["gateway.inside.example"]);
  const server = createHttpsServer({ key: certificate.key, cert: certificate.cert });
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.send("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  gatewayPort = (server.address() as AddressInfo).port;
  gateway.push(sockets, server);
});
afterAll(() => gateway.forEach((part) => part.close()));

async function through(options: Partial<ConnectProxyOptions> = {}, about: Partial<HttpProxy> = {}) {
  const proxy = await startConnectProxy({ leadsTo: gatewayPort, ...options });
  onTestFinished(() => proxy.stop());
  const settings = { host: "127.0.0.1", port: proxy.port, secure: false, strict: true, authorization: undefined };
  const climb = newClimb();
  const transport = new DirectTransport({
    url: parseGatewayUrl(URL),
    tlsFingerprint: certificate.fingerprint,
    proxy: () => ({ ...settings, ...about }),
    timeoutMs: 1_500,
  });
  return { proxy, climb, open: () => transport.open(climb.context) };
}

describe("a Gateway behind an HTTP proxy", () => {
  it("is reached by its name, encrypted and pinned from end to end", async () => {
    const { proxy, climb, open } = await through();
    const heard = listenTo(await open());
    expect(await heard.next()).toBe("hello");
    expect(climb.rungs().slice(0, 2)).toEqual(["resolve passed", "tcp passed"]);
    expect(proxy.heads).toEqual([
      "CONNECT gateway.inside.example:8443 HTTP/1.1\r\nHost: gateway.inside.example:8443\r\n\r\n",
    ]);
  });

  it("is refused when the proxy answers with another certificate, before anything is sent", async () => {
    const other = await makeCertificate(["gateway.inside.example"]);
    const liar = createTlsServer({ key: other.key, cert: other.cert });
    const heard: Buffer[] = [];
    liar.on("secureConnection", (socket) => socket.on("data", (data: Buffer) => heard.push(data)));
    await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void liar.close());
    const { open } = await through({ leadsTo: (liar.address() as AddressInfo).port });
    expect((await faultOf(open())).code).toBe("TLS_PIN_MISMATCH");
    expect(heard).toEqual([]);
  });

  it("is reached through a proxy that wants a sign-in, and the sign-in goes nowhere else", async () => {
    const { climb, open } = await through({ authorization: SECRET }, { authorization: SECRET });
    const heard = listenTo(await open());
    expect(await heard.next()).toBe("hello");
    expect(JSON.stringify(climb.rungs())).not.toContain(SECRET);
  });

  it.each([undefined, "Basic d3Jvbmc="])("is not asked for twice when the sign-in is %s", async (authorization) => {
    const { proxy, open } = await through({ authorization: SECRET }, { authorization });
    const fault = await faultOf(open());
    expect(fault).toMatchObject({ code: "PROXY_AUTH_REQUIRED", step: "tcp" });
    expect(factOf(fault, "detail")).toBe("it wants a sign-in (Basic)");
    expect(JSON.stringify(fault)).not.toContain("d3Jvbmc=");
    expect(proxy.heads).toHaveLength(1);
  });

  it("is reached through a proxy that is spoken to with TLS, if its certificate is trusted", async () => {
    const own = await makeCertificate(["127.0.0.1"]);
    const wrap: ConnectProxyOptions["wrap"] = (serve) => createTlsServer({ key: own.key, cert: own.cert }, serve);
    const trusted = await through({ wrap }, { secure: true, strict: false });
    expect(await listenTo(await trusted.open()).next()).toBe("hello");
    const strict = await through({ wrap }, { secure: true });
    expect(await faultOf(strict.open())).toMatchObject({ code: "PROXY_FAILED", step: "tcp" });
    expect(strict.proxy.heads).toEqual([]);
  });

  it.each([
    ["says no", "HTTP/1.1 403 Forbidden\r\n\r\n", "it answered HTTP/1.1 403 Forbidden"],
    ["is no proxy", "220 mail.example ESMTP\r\n\r\n", "it does not speak HTTP"],
    ["never ends its answer", `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(4_000)}`, "its answer has no end"],
    ["says half a word", "HTTP/1.1 2", "it did not answer within 1500 ms"],
    ["says nothing", "", "it did not answer within 1500 ms"],
  ])("is not reached when the proxy %s", async (_what, says, detail) => {
    const { open } = await through({ says });
    const fault = await faultOf(open());
    expect(fault).toMatchObject({ code: "PROXY_FAILED", step: "tcp" });
    expect(factOf(fault, "detail")).toBe(detail);
  });

  it("is not reached when the proxy is not there: it is the proxy that is named", async () => {
    const port = await freePort();
    const { open } = await through({}, { port });
    const fault = await faultOf(open());
    expect(fault.code).toBe("TCP_REFUSED");
    expect(factOf(fault, "port")).toBe(String(port));
  });

  it("is let go of at once when the person cancels", async () => {
    const { climb, open } = await through({ says: "" });
    const opening = open().catch((error: unknown) => error);
    setTimeout(() => climb.abort.abort(), 50);
    expect(await opening).toBeInstanceOf(CancelledError);
  });

  it("is not looked for when what is set is no proxy", async () => {
    const transport = new DirectTransport({
      url: parseGatewayUrl(URL),
      proxy: () => {
        throw new Error("the proxy that is set is no http:// or https:// address with a host and a port");
      },
    });
    expect(await faultOf(transport.open(newClimb().context))).toMatchObject({ code: "PROXY_FAILED", step: "resolve" });
  });
});
