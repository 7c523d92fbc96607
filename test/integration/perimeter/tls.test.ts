import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makeCertificate } from "../../support/certificate.ts";
import { RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, ensureSidecar, runSidecar, spawnSidecar, startSidecar } from "../../support/sidecar.ts";

const TOKEN = "test-token-0123456789";
let folder: string;
let stateDir: string;
const running: RunningSidecar[] = [];

async function start(tls: object = {}): Promise<RunningSidecar> {
  const sidecar = await startSidecar({ stateDir, config: { gateway: { tls: { enabled: true, ...tls } } } });
  running.push(sidecar);
  return sidecar;
}

/** The certificate that is shown on a port, and the status of `/readyz`. */
function visit(port: number): Promise<{ fingerprint: string; status: number | undefined }> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: "127.0.0.1", port, path: "/readyz", rejectUnauthorized: false, agent: false },
      (response) => {
        const { fingerprint256 } = (response.socket as TLSSocket).getPeerCertificate();
        response.resume();
        response.on("end", () => resolve({ fingerprint: fingerprint256, status: response.statusCode }));
      },
    );
    request.on("error", reject);
  });
}

const cli = (...args: string[]) =>
  runSidecar([...args, "--state-dir", stateDir], { HOME: folder, OPENCLAW_GATEWAY_TOKEN: TOKEN });

beforeAll(ensureSidecar);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidecar-tls-"));
  stateDir = join(folder, "state");
});
afterEach(async () => {
  for (const sidecar of running.splice(0)) await sidecar.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("gateway.tls", () => {
  it("serves wss with a certificate of its own, which it names everywhere, and its own CLI believes no other", async () => {
    const { url, port } = await start();
    expect(url).toBe(`wss://127.0.0.1:${port}`);
    const { fingerprint, status } = await visit(port);
    expect(status).toBe(200);
    const cert = readFileSync(join(stateDir, "gateway/tls/gateway-cert.pem"), "utf8");
    expect(new X509Certificate(cert).fingerprint256).toBe(fingerprint);
    const runtime = JSON.parse(readFileSync(join(stateDir, "runtime.json"), "utf8")) as Record<string, unknown>;
    expect(runtime).toMatchObject({ url, tlsFingerprint: fingerprint });
    const { stdout } = await cli("status");
    expect(stdout).toMatch(new RegExp(`^TLS +${fingerprint}$`, "m"));
    const other = (await makeCertificate(["localhost"])).fingerprint;
    await writeFile(join(stateDir, "runtime.json"), JSON.stringify({ ...runtime, tlsFingerprint: other }));
    expect(await cli("health")).toMatchObject({ code: 4, stderr: expect.stringMatching(/certificate/i) });
  });

  it("says the fingerprint when it starts, and keeps the certificate: whoever pinned it gets in", async () => {
    const first = await start();
    const { fingerprint } = await visit(first.port);
    await first.stop();
    const child = spawnSidecar(["run", "--port", "0", "--state-dir", stateDir, "--quiet"], { HOME: folder });
    let stdout = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString("utf8")));
    try {
      await expect.poll(() => stdout, { timeout: 10_000 }).toContain(`  tls    SHA-256 ${fingerprint}\n`);
    } finally {
      child.kill("SIGTERM");
      await new Promise((resolve) => child.once("exit", resolve));
    }
  });

  it("lets a client in that trusts the certificate, and hurts nobody who speaks no TLS", async () => {
    const { key, cert } = await makeCertificate(["localhost", "127.0.0.1"]);
    const [certPath, keyPath] = [join(folder, "c.pem"), join(folder, "k.pem")];
    await Promise.all([writeFile(certPath, cert), writeFile(keyPath, key)]);
    const { port } = await start({ certPath, keyPath });
    await new Promise<void>((resolve) => {
      const plain = connect(port, "127.0.0.1", () => plain.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"));
      plain.once("close", () => resolve());
      plain.on("error", () => undefined);
      plain.resume();
    });
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(`wss://localhost:${port}`, { ca: cert });
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    socket.terminate();
    await expect(RawGatewayClient.open(`wss://localhost:${port}`)).rejects.toThrow(/self.signed/i);
    expect(existsSync(join(stateDir, "gateway"))).toBe(false);
  });

  it("takes a renewed certificate without a restart, and keeps the old one while the new one is not whole", async () => {
    const names = ["localhost", "127.0.0.1"];
    const [first, second] = [await makeCertificate(names), await makeCertificate(names)];
    const [certPath, keyPath] = [join(folder, "c.pem"), join(folder, "k.pem")];
    await Promise.all([writeFile(certPath, first.cert), writeFile(keyPath, first.key)]);
    const sidecar = await start({ certPath, keyPath });
    const { WebSocket } = await import("ws");
    const connected = new WebSocket(sidecar.url, { ca: first.cert });
    await new Promise((resolve) => connected.once("open", resolve));

    await writeFile(certPath, second.cert);
    await expect
      .poll(() => sidecar.stderr(), { timeout: 10_000 })
      .toMatch(/renewed TLS certificate is not used, the old one stays: .*does not belong/);
    expect((await visit(sidecar.port)).fingerprint).toBe(first.fingerprint);
    await writeFile(keyPath, second.key);
    await expect
      .poll(async () => (await visit(sidecar.port)).fingerprint, { timeout: 10_000 })
      .toBe(second.fingerprint);
    expect(sidecar.stderr()).toContain(`clients that pin it need SHA-256 ${second.fingerprint}`);
    expect(JSON.parse(readFileSync(join(stateDir, "runtime.json"), "utf8"))).toMatchObject({
      tlsFingerprint: second.fingerprint,
    });
    expect(connected.readyState).toBe(WebSocket.OPEN);
    connected.terminate();
    expect(sidecar.stderr()).not.toContain("PRIVATE KEY");
  });

  it("does not start with half a pair, and opens no port without TLS instead", async () => {
    const certPath = join(folder, "c.pem");
    await writeFile(certPath, (await makeCertificate(["localhost"])).cert);
    const config = join(folder, "openclaw.json");
    await writeFile(
      config,
      JSON.stringify({ gateway: { tls: { enabled: true, certPath, keyPath: join(folder, "no.pem") } } }),
    );
    const { code, stderr } = await cli("run", "--port", "0", "--config", config);
    expect(code).toBe(1);
    expect(stderr).toMatch(/The TLS key .*no\.pem cannot be read \(ENOENT\)/);
    expect(existsSync(stateDir)).toBe(false);
  });
});
