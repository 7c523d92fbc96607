import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { type Socket, connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { silentLogger } from "../../../protocol/util/logger.ts";
import { parseConfig } from "../../../sidecar/config/config.ts";
import { Audit } from "../../../sidecar/gateway/auth/audit.ts";
import { perimeterOf } from "../../../sidecar/gateway/auth/perimeter.ts";
import { Gateway } from "../../../sidecar/gateway/gateway.ts";
import { DEFAULT_LIMITS, type GatewayLimits } from "../../../sidecar/gateway/limits.ts";
import { Listener } from "../../../sidecar/gateway/listener.ts";
import { Store } from "../../../sidecar/store/store.ts";
import { RawGatewayClient, connectParams } from "../../support/raw-gateway-client.ts";

const TOKEN = "test-token-0123456789";
let folder: string;
const cleanups: (() => unknown)[] = [];

const posture = () => ({
  bind: { mode: "loopback", hosts: ["127.0.0.1"], port: 0 },
  authMode: "token",
  tls: { enabled: false },
  tailscale: { mode: "off" },
  pendingRestart: [],
});

/** The real Gateway on a real port, in this process so that its limits can be made small. */
async function serve(limits: Partial<GatewayLimits>, config: unknown = {}): Promise<string> {
  const all = { ...DEFAULT_LIMITS, drainMs: 0, ...limits };
  const store = new Store(join(folder, "s.sqlite"));
  const audit = new Audit(silentLogger);
  const parsed = parseConfig(config, join(folder, "openclaw.json"));
  const gateway = new Gateway({
    store,
    config: parsed,
    policy: { auth: { mode: "token", value: TOKEN }, allowTailscale: false, identityScopes: new Map() },
    deviceKey: randomBytes(32),
    limits: all,
    loadModel: () => Promise.reject(new Error("no model in this test")),
    logger: silentLogger,
    audit,
    about: { version: "0", bootId: randomUUID(), startedAt: Date.now(), stateDir: folder, configPath: "", posture },
  });
  const perimeter = perimeterOf(parsed, "token");
  const listener = new Listener({
    limits: all,
    perimeter: () => perimeter,
    logger: silentLogger,
    audit,
    onSocket: (socket, peer, known) => gateway.accept(socket, peer, known),
  });
  const port = await listener.listen({ port: 0, hosts: ["127.0.0.1"] });
  listener.serve();
  cleanups.push(async () => {
    await gateway.stop("test over");
    listener.dispose();
    store.close();
  });
  return `ws://127.0.0.1:${port}`;
}

async function operator(url: string): Promise<RawGatewayClient> {
  const client = await RawGatewayClient.open(url);
  expect((await client.hello(TOKEN)).ok).toBe(true);
  return client;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidecar-limits-"));
});
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean();
  await rm(folder, { recursive: true, force: true });
});

describe("a client that has not said who it is", () => {
  it("has a limited time for it", async () => {
    const client = await RawGatewayClient.open(await serve({ handshakeTimeoutMs: 50 }));
    expect(await client.closed).toEqual({ code: 1000, reason: "" });
  });

  it("shares its address with a limited number of others, and the places are given back", async () => {
    const url = await serve({ maxPreauthSockets: 3 });
    const strangers = await Promise.all([1, 2, 3].map(() => RawGatewayClient.open(url)));
    await expect(RawGatewayClient.open(url)).rejects.toThrow(/503/);
    // One says who it is, one goes away: two places.
    expect((await strangers[0]?.hello(TOKEN))?.ok).toBe(true);
    await strangers[1]?.close();
    const later = await Promise.all([1, 2].map(() => openWhenFree(url)));
    await expect(RawGatewayClient.open(url)).rejects.toThrow(/503/);
    expect(later.every((client) => client.isOpen)).toBe(true);
  });

  it("may send little, and a known one may send much", async () => {
    const url = await serve({ maxPreauthPayload: 2_000, maxPayload: 100_000 });
    const stranger = await RawGatewayClient.open(url);
    stranger.sendText("x".repeat(2_001));
    expect(await stranger.closed).toEqual({ code: 1009, reason: "" });
    const known = await operator(url);
    known.send({ type: "req", id: "much", method: "health", params: { pad: "x".repeat(90_000) } });
    expect((await known.response("much")).ok).toBe(true);
    known.sendText("x".repeat(100_001));
    expect(await known.closed).toEqual({ code: 1009, reason: "" });
  });

  it("that speaks no HTTP at all is dropped and hurts nobody", async () => {
    const url = await serve({});
    const socket = connectTcp(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(`\x16\x03\x01${"\0".repeat(500)}`);
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await operator(url)).isOpen).toBe(true);
  });

  it("cannot have its frames compressed", async () => {
    const socket = new WebSocket(await serve({}), { perMessageDeflate: true });
    await new Promise((resolve) => socket.once("open", resolve));
    expect(socket.extensions).toBe("");
    socket.terminate();
  });
});

describe("a broken frame", () => {
  it.each([
    ["with a reserved bit", Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
    ["that is not masked", Buffer.from([0x81, 0x02, 0x7b, 0x7d]), 1002],
    ["that is no UTF-8", Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]), 1007],
    [
      "that claims to be endless",
      Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      1009,
    ],
  ])("%s ends its own connection and no other", async (_what, bytes, code) => {
    const url = await serve({});
    const other = await operator(url);
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.once("open", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    // Past the client's own framing, straight onto the wire.
    (Reflect.get(socket, "_socket") as Socket).write(bytes);
    expect(await closed).toBe(code);
    expect((await other.request("health")).ok).toBe(true);
  });
});

describe("a client that does not read", () => {
  it("is cut off when too much waits for it, and the others get everything", async () => {
    const url = await serve({ maxBufferedBytes: 3_000_000 });
    const reader = await operator(url);
    const lazy = await operatorSocket(url);
    const closed = new Promise<number>((resolve) => lazy.once("close", resolve));
    lazy.pause();
    const message = "y".repeat(500_000);
    await reader.call("sessions.messages.subscribe", { key: "k" });
    const ask = JSON.stringify({ type: "req", id: "h", method: "chat.history", params: { sessionKey: "k" } });
    await reader.call("chat.send", { sessionKey: "k", message, idempotencyKey: "one" });
    for (let count = 0; count < 40; count++) lazy.send(ask);
    await expect.poll(() => presentClients(reader), { timeout: 10_000 }).toBe(1);
    lazy.resume();
    expect(await closed).not.toBe(1000);
    expect((await reader.request("health")).ok).toBe(true);
  });

  it("nor answers pings is dropped", async () => {
    const url = await serve({ pingIntervalMs: 60 });
    const client = await operator(url);
    const deaf = await operatorSocket(url);
    deaf.pause();
    await expect.poll(() => presentClients(client)).toBe(1);
    deaf.terminate();
    expect(client.isOpen).toBe(true);
  });
});

describe("a connection that stands idle", () => {
  it("hears a tick in every interval", async () => {
    const client = await operator(await serve({ tickIntervalMs: 30 }));
    await expect.poll(() => client.events("tick").length).toBeGreaterThan(2);
  });
});

describe("somebody who guesses", () => {
  const guess = async (url: string, options: Parameters<typeof RawGatewayClient.open>[1] = {}) => {
    const client = await RawGatewayClient.open(url, options);
    const answer = await client.hello("wrong");
    await client.closed;
    return answer.error;
  };
  const auth = (more: object) => ({ gateway: { auth: { rateLimit: { maxAttempts: 3, lockoutMs: 60_000, ...more } } } });

  it("is locked out after a few tries when the config wants it on the loopback too", async () => {
    const url = await serve({}, auth({ exemptLoopback: false }));
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await guess(url)).toMatchObject({ details: { code: "AUTH_TOKEN_MISMATCH" } });
    }
    expect(await guess(url)).toMatchObject({
      message: "unauthorized: too many failed authentication attempts (retry later)",
      retryable: true,
      details: { code: "AUTH_RATE_LIMITED", recommendedNextStep: "wait_then_retry" },
    });
  });

  it("from a web page is locked out, and the person at the keyboard is not", async () => {
    const url = await serve({}, auth({}));
    const origin = url.replace("ws:", "http:");
    for (let attempt = 0; attempt < 3; attempt++) await guess(url, { origin });
    expect(await guess(url, { origin })).toMatchObject({ details: { code: "AUTH_RATE_LIMITED" } });
    expect((await operator(url)).isOpen).toBe(true);
  });
});

async function openWhenFree(url: string): Promise<RawGatewayClient> {
  for (;;) {
    const client = await RawGatewayClient.open(url).catch(() => undefined);
    if (client !== undefined) return client;
  }
}

async function operatorSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const next = (): Promise<string> =>
    new Promise((resolve) => socket.once("message", (data: Buffer) => resolve(data.toString("utf8"))));
  const { payload } = JSON.parse(await next()) as { payload: { ts: number; nonce: string } };
  socket.send(JSON.stringify({ type: "req", id: "c", method: "connect", params: connectParams(TOKEN, payload, {}) }));
  expect(await next()).toContain("hello-ok");
  return socket;
}

/** How many clients the Gateway counts as connected. */
async function presentClients(client: RawGatewayClient): Promise<number> {
  const entries = await client.call<{ reason: string }[]>("system-presence");
  return entries.filter(({ reason }) => reason === "connect").length;
}
