import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { type Server, createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { WebSocketServer } from "ws";
import { translator } from "../../../protocol/l10n/translate.ts";
import { edgeHeadersOf, enterEdgeHeaders } from "../../../extension/connection/edge-headers.ts";
import { edgeNameFault, isEdgeValue } from "../../../remote/socket/edge-headers.ts";
import { parseGatewayUrl } from "../../../remote/target/gateway-url.ts";
import { DirectTransport } from "../../../remote/transport/direct-transport.ts";
import { type Certificate, makeCertificate } from "../../support/certificate.ts";
import { runBuiltCli } from "../../support/cli.ts";
import { type Answer, scriptedPrompts, secrets } from "../../unit/extension/fakes.ts";
import { factOf, faultOf } from "../../unit/remote/fault-of.ts";
import { newClimb } from "./lab.ts";

const NAMES = ["CF-Access-Client-Id", "CF-Access-Client-Secret"];
const [ID, SECRET] = ["id.access", "edge-s3cret-0123456789"];
let certificate: Certificate;
beforeAll(async () => {
  certificate = await makeCertificate(["localhost"]);
});

/** An edge that lets through who has the right secret, and answers the rest as it is told. */
async function edge(status = 403): Promise<{ url: string; requests: IncomingMessage["headers"][] }> {
  const requests: IncomingMessage["headers"][] = [];
  const server: Server = createServer({ key: certificate.key, cert: certificate.cert });
  server.on("tlsClientError", () => undefined);
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    requests.push(request.headers);
    if (request.headers["cf-access-client-secret"] === SECRET) {
      sockets.handleUpgrade(request, socket, head, (peer) => peer.send("hello"));
      return;
    }
    const echo = String(request.headers["cf-access-client-secret"]);
    socket.end(
      `HTTP/1.1 ${status} Edge\r\nlocation: https://login.example/?was=${echo}\r\ncontent-type: text/plain\r\ncontent-length: ${echo.length}\r\n\r\n${echo}`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const peer of sockets.clients) peer.terminate();
    server.closeAllConnections();
    server.close();
  });
  return { url: `wss://localhost:${(server.address() as AddressInfo).port}`, requests };
}

/** A server that answers every upgrade so. */
async function answering(status: number, header: string): Promise<string> {
  const server = createServer({ key: certificate.key, cert: certificate.cert });
  server.on("upgrade", (_request, socket) =>
    socket.end(`HTTP/1.1 ${status} Edge\r\n${header}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `wss://localhost:${(server.address() as AddressInfo).port}`;
}

const openPlain = (url: string) =>
  new DirectTransport({ url: parseGatewayUrl(url), tlsFingerprint: certificate.fingerprint }).open(newClimb().context);

function gateway(url: string, ...answers: readonly Answer[]) {
  const [storage, prompts] = [secrets(), scriptedPrompts(...answers)];
  const heard = new Set<string>();
  const ports = { secrets: storage, prompts, t: translator("en"), onSecret: (value: string) => void heard.add(value) };
  const target = { kind: "url", url, edgeHeaders: NAMES } as const;
  const open = (options: { pin?: string; interactive?: boolean } = {}) =>
    new DirectTransport({
      url: parseGatewayUrl(url),
      edge: edgeHeadersOf(target, ports),
      tlsFingerprint: options.pin,
    }).open(newClimb(options).context);
  return { open, storage, prompts, heard, enter: () => enterEdgeHeaders(target, ports) };
}

describe("the headers that an edge before the Gateway wants", () => {
  it("are asked for once, sent over the pinned TLS, kept as secrets and hidden in the log", async () => {
    const { url, requests } = await edge();
    const own = gateway(url, ID, SECRET);
    (await own.open({ pin: certificate.fingerprint })).close();
    (await own.open({ pin: certificate.fingerprint, interactive: false })).close();
    expect(requests).toHaveLength(2);
    expect(requests[1]).toMatchObject({ "cf-access-client-id": ID, "cf-access-client-secret": SECRET });
    expect(own.prompts.said).toHaveLength(2);
    expect([...own.storage.values.keys()]).toEqual([`openclaw.edgeHeaders:url:${url}`]);
    expect([...own.heard]).toEqual([ID, SECRET]);
  });

  it("are neither asked for nor sent before the certificate is verified", async () => {
    const { url, requests } = await edge();
    const own = gateway(url);
    expect((await faultOf(own.open())).code).toBe("TLS_UNTRUSTED");
    expect((await faultOf(own.open({ pin: "00".repeat(32) }))).code).toBe("TLS_PIN_MISMATCH");
    expect({ requests, said: own.prompts.said }).toEqual({ requests: [], said: [] });
  });

  it.each([302, 401, 403])(
    "are named, and not shown, when the edge answers HTTP %i; entering them anew helps",
    async (status) => {
      const { url } = await edge(status);
      const own = gateway(url, ID, "wr0ng-value", ID, SECRET);
      const error = await faultOf(own.open({ pin: certificate.fingerprint }));
      expect(error.code).toBe("EDGE_REFUSED");
      expect(factOf(error, "detail")).toContain(NAMES.join(", "));
      expect(error.message + JSON.stringify(error.facts)).not.toContain("wr0ng-value");
      expect(await own.enter()).toBe(true);
      (await own.open({ pin: certificate.fingerprint })).close();
    },
  );

  it.each([
    [302, "location: https://team.cloudflareaccess.com/cdn-cgi/access/login/home?kid=k", "Cloudflare Access"],
    [302, "location: /cdn-cgi/access/login", "Cloudflare Access"],
    [401, "www-authenticate: Cloudflare-Access resource_metadata=x", "Cloudflare Access"],
    [302, "location: https://auth.example/oauth2/start?rd=x", "oauth2-proxy"],
    [302, "location: https://auth.example/?rd=https%3A%2F%2Flocalhost%2F", "Authelia"],
    [302, "location: /outpost.goauthentik.io/start?rd=x", "authentik"],
    [302, "location: https://a.example/.pomerium/sign_in", "Pomerium"],
    [401, "x-goog-iap-generated-response: true", "Google IAP"],
    [401, 'www-authenticate: Basic realm="s3cret"', "Basic"],
  ])("are called for by an edge that nobody has named any for (%i, %s)", async (status, header, name) => {
    const error = await faultOf(openPlain(await answering(status, header)));
    expect(error.code).toBe("EDGE_REFUSED");
    expect(factOf(error, "detail")).toBe(`it answered HTTP ${status} and wants a sign-in (${name})`);
    expect(JSON.stringify(error.facts)).not.toContain("s3cret");
  });

  it.each([
    [302, "location: https://elsewhere.example/login?rd=https%3A%2F%2Fother.example", "NOT_A_GATEWAY"],
    [302, "location: http://[", "NOT_A_GATEWAY"],
    [403, "server: cloudflare", "ORIGIN_REFUSED"],
    [401, "www-authenticate: Bearer", "NOT_A_GATEWAY"],
  ])("are not guessed where the answer has no such mark (%i, %s)", async (status, header, code) => {
    expect((await faultOf(openPlain(await answering(status, header)))).code).toBe(code);
  });

  it("stop a connection that nobody watches when a value is missing", async () => {
    const { url, requests } = await edge();
    const error = await faultOf(gateway(url).open({ pin: certificate.fingerprint, interactive: false }));
    expect(error.code).toBe("EDGE_HEADERS_INVALID");
    expect(requests).toEqual([]);
  });

  it.each([
    ["ws://localhost:1", NAMES],
    ["wss://localhost:1", ["Host"]],
    ["wss://localhost:1", ["X-A", "x-a"]],
    ["wss://localhost:1", Array.from({ length: 9 }, (_, index) => `X-${index}`)],
  ])("are refused before anything is dialled (%s, %j)", async (url, names) => {
    const values = vi.fn(async () => new Map<string, string>());
    const transport = new DirectTransport({ url: parseGatewayUrl(url), edge: { names, values } });
    expect((await faultOf(transport.open(newClimb().context))).code).toBe("EDGE_HEADERS_INVALID");
    expect(values).not.toHaveBeenCalled();
  });

  it("cannot be those of the connection, of a browser or of a proxy that says who comes", () => {
    const refused = [
      "host",
      "Connection",
      "UPGRADE",
      "Sec-WebSocket-Key",
      "Origin",
      "Cookie",
      "X-Forwarded-For",
    ].concat([
      "X-Forwarded-User",
      "Forwarded",
      "X-Real-IP",
      "Tailscale-User-Login",
      "Proxy-Authorization",
      "a b",
      "",
      "A:B",
    ]);
    expect(refused.filter((name) => edgeNameFault(name) === undefined)).toEqual([]);
    expect([...NAMES, "Authorization", "X-Api-Key"].filter((name) => edgeNameFault(name) !== undefined)).toEqual([]);
    expect(["a\r\nb", "", " a", "é", "x".repeat(4_097)].filter(isEdgeValue)).toEqual([]);
  });

  it("come from the environment on the command line, never from its arguments", async () => {
    const { url, requests } = await edge();
    const wish = "CF-Access-Client-Id=EDGE_ID,CF-Access-Client-Secret=EDGE_SECRET";
    const env = { OPENCLAW_GATEWAY_TOKEN: "t0ken-0123456789", EDGE_ID: ID, EDGE_SECRET: "wr0ng-value" };
    const untrusted = await runBuiltCli(["health", "--url", url, "--header-env", wish, "--json"], env);
    expect(JSON.parse(untrusted.stdout)).toMatchObject({ error: { code: "TLS_UNTRUSTED" } });
    expect(requests).toEqual([]);
    const folder = await mkdtemp(join(tmpdir(), "openclaw-edge-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "ca.pem"), certificate.cert);
    const trusted = { ...env, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") };
    const refused = await runBuiltCli(["health", "--url", url, "--header-env", wish, "--json"], trusted);
    expect(refused.code).toBe(4);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "EDGE_REFUSED" } });
    expect(refused.stdout + refused.stderr).not.toContain("wr0ng-value");
    expect(requests[0]).toMatchObject({ "cf-access-client-id": ID, "cf-access-client-secret": "wr0ng-value" });
    const literal = await runBuiltCli(["health", "--url", url, "--header-env", "X-Key=a-s3cret!"], trusted);
    expect(literal.code).toBe(2);
    expect(literal.stderr).not.toContain("a-s3cret");
  });
});
