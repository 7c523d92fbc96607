import { type IncomingHttpHeaders, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, startSidecar } from "../../support/sidecar.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let sidecar: RunningSidecar;
beforeAll(async () => {
  sidecar = await startSidecar({
    config: {
      gateway: {
        controlUi: { allowedOrigins: ["https://panel.example"] },
        http: { securityHeaders: { strictTransportSecurity: "max-age=300" } },
      },
    },
  });
});
afterAll(() => sidecar.stop());

function ask(path: string, headers: Readonly<Record<string, string>> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port: sidecar.port, path, method, headers }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

describe("HTTP", () => {
  it.each([
    ["/healthz", { ok: true, status: "live" }],
    ["/health", { ok: true, status: "live" }],
    ["/readyz", { ready: true }],
    ["/ready", { ready: true }],
    ["/startupz", { ok: true, status: "started" }],
    ["/startup", { ok: true, status: "started" }],
  ])("answers a supervisor on %s as OpenClaw does", async (path, body) => {
    const answer = await ask(path);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toEqual(body);
    expect(answer.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "strict-transport-security": "max-age=300",
    });
    expect(await ask(path, {}, "HEAD")).toMatchObject({ status: 200, body: "" });
    expect(await ask(path, {}, "POST")).toMatchObject({ status: 405, body: "", headers: { allow: "GET, HEAD" } });
  });

  it.each([
    "/",
    "/healthz/",
    "/healthz?x",
    "/HEALTHZ",
    "//healthz",
    "/../../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/v1/models",
    "/api/channels",
    "/.git/config",
  ])("knows nothing else: %s", async (path) => {
    const { status, body, headers } = await ask(path);
    expect({ status, body, type: headers["content-type"] }).toEqual({ status: 404, body: "", type: undefined });
  });

  it.each([
    ["x-forwarded-for", "203.0.113.9"],
    ["x-real-ip", "127.0.0.1"],
    ["forwarded", "for=127.0.0.1"],
    ["tailscale-user-login", "nick@example.com"],
  ])("is refused with 403 behind a proxy that nobody trusts (%s), and only says that it lives", async (name, value) => {
    expect(await ask("/readyz", { [name]: value })).toMatchObject({ status: 403, body: "" });
    expect(await ask("/", { [name]: value })).toMatchObject({ status: 403, body: "" });
    expect(await ask("/healthz", { [name]: value })).toMatchObject({ status: 200 });
    await expect(RawGatewayClient.open(sidecar.url, { headers: { [name]: value } })).rejects.toThrow(/403/);
  });

  it("is refused to a page whose name was rebound to this computer", async () => {
    const host = `evil.example:${sidecar.port}`;
    expect(await ask("/healthz", { host })).toMatchObject({ status: 403, body: "" });
    expect(await ask("/readyz", { host: "panel.example" })).toMatchObject({ status: 200 });
    const rebound = RawGatewayClient.open(sidecar.url, { origin: `http://${host}`, headers: { host } });
    await expect(rebound).rejects.toThrow(/403/);
    await expect(RawGatewayClient.open(sidecar.url, { headers: { host } })).rejects.toThrow(/403/);
  });

  it("lets in the page that the config names, and no other, nor one that is no page", async () => {
    for (const [origin, ok] of [
      ["https://panel.example", true],
      ["https://panel.example.evil.example", false],
      ["http://panel.example", false],
      ["null", false],
      ["vscode-webview://1a2b", false],
      [`http://127.0.0.1:${sidecar.port}`, true],
      ["http://127.0.0.1:1", false],
    ] as const) {
      const client = await RawGatewayClient.open(sidecar.url, { origin });
      const answer = await client.hello(sidecar.token);
      expect({ origin, ok: answer.ok }).toEqual({ origin, ok });
      if (!ok) expect(answer.error?.details).toMatchObject({ code: "CONTROL_UI_ORIGIN_NOT_ALLOWED" });
      await client.close();
    }
  });

  it("says in the log why, and how to allow it", () => {
    expect(sidecar.stderr()).toMatch(
      /audit: refused from=127\.0\.0\.1 why="a Host of public DNS that is not ours; if it is, put its origin into/,
    );
    expect(sidecar.stderr()).toMatch(
      /audit: refused from=127\.0\.0\.1 why="forwarding headers from an address that is not in gateway\.trustedProxies/,
    );
  });
});
