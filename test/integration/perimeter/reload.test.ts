import { mkdtemp, rename, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, ensureSidecar, startSidecar, stubConfig } from "../../support/sidecar.ts";
import { startStubModel } from "../../support/stub-model.ts";
import { TestIdentity } from "../../support/test-identity.ts";

const CLI = { identity: null, client: { id: "cli", mode: "cli" } } as const;
const FIRST = "first-token-0123456789abcdef";
const SECOND = "second-token-0123456789abcdef";

let folder: string;
let sidecar: RunningSidecar;
const clients: RawGatewayClient[] = [];

/** A sidecar whose secret, if any, is in its config. */
async function serve(gateway: object, options: { args?: readonly string[] } = {}): Promise<void> {
  sidecar = await startSidecar({ stateDir: join(folder, "state"), token: "", config: { gateway }, ...options });
}

/** Saves as most editors do: another file, moved over the old one. */
async function save(config: unknown): Promise<void> {
  const path = join(sidecar.stateDir, "openclaw.json");
  await writeFile(`${path}~`, typeof config === "string" ? config : JSON.stringify(config));
  await rename(`${path}~`, path);
}

/** Waits until the log has it that often. */
async function logged(pattern: RegExp, times = 1): Promise<void> {
  const count = (): number => sidecar.stderr().match(new RegExp(pattern, "g"))?.length ?? 0;
  await expect.poll(count, { timeout: 10_000 }).toBeGreaterThanOrEqual(times);
}

async function open(options: Parameters<typeof RawGatewayClient.open>[1] = {}): Promise<RawGatewayClient> {
  const client = await RawGatewayClient.open(sidecar.url, options);
  clients.push(client);
  return client;
}

async function operator(token: string): Promise<RawGatewayClient> {
  const client = await open();
  expect(await client.hello(token, CLI)).toMatchObject({ ok: true });
  return client;
}

async function isWelcome(token: string): Promise<boolean> {
  const client = await open();
  return (await client.hello(token, CLI)).ok;
}

beforeAll(ensureSidecar);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidecar-reload-"));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await sidecar.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a changed secret", () => {
  it("throws out whoever came in by the old one, and leaves devices that a person approved", async () => {
    await serve({ auth: { token: FIRST } });
    const byToken = await operator(FIRST);
    const identity = new TestIdentity();
    const first = await open();
    const hello = await first.hello(FIRST, { identity });
    const { deviceToken } = (hello.payload as { auth: { deviceToken: string } }).auth;
    const byDevice = await open();
    expect(await byDevice.hello("", { identity, auth: { deviceToken } })).toMatchObject({ ok: true });

    await save({ gateway: { auth: { token: SECOND } } });
    expect(await byToken.closed).toEqual({ code: 4001, reason: "gateway auth changed" });
    expect(await first.closed).toEqual({ code: 4001, reason: "gateway auth changed" });
    expect((await byDevice.request("health")).ok).toBe(true);
    expect(await isWelcome(FIRST)).toBe(false);
    expect(await isWelcome(SECOND)).toBe(true);
    await logged(/audit: secret changed mode=token disconnected=2/);
    expect(sidecar.stderr()).not.toContain(FIRST);
    expect(sidecar.stderr()).not.toContain(SECOND);
  });

  it("ends what a page got for the old one, also the token of its device", async () => {
    await serve({ auth: { token: FIRST } });
    const identity = new TestIdentity();
    const client = { id: "openclaw-control-ui", mode: "webchat" };
    const origin = sidecar.url.replace("ws:", "http:");
    const page = await open({ origin });
    const hello = await page.hello(FIRST, { identity, client });
    const { deviceToken } = (hello.payload as { auth: { deviceToken: string } }).auth;
    const reloaded = await open({ origin });
    expect(await reloaded.hello("", { identity, client, auth: { deviceToken } })).toMatchObject({ ok: true });
    await save({ gateway: { auth: { token: SECOND } } });
    expect(await reloaded.closed).toEqual({ code: 4001, reason: "gateway auth changed" });
    const again = await open({ origin });
    expect(await again.hello("", { identity, client, auth: { deviceToken } })).toMatchObject({ ok: false });
    const anew = await open({ origin });
    expect(await anew.hello(SECOND, { identity, client })).toMatchObject({
      ok: true,
      payload: { auth: { deviceToken: expect.any(String) } },
    });
  });

  it("is also one in a file of its own", async () => {
    const file = join(folder, "token");
    await writeFile(file, `${FIRST}\n`);
    await serve({}, { args: ["--token-file", file] });
    const client = await operator(FIRST);
    await writeFile(file, `${SECOND}\n`);
    expect(await client.closed).toMatchObject({ code: 4001 });
    expect(await isWelcome(SECOND)).toBe(true);
    await writeFile(file, "");
    await logged(/the changed config is not used, the last good one stays: The token file .* is empty/);
    expect(await isWelcome("")).toBe(false);
    expect(await isWelcome(SECOND)).toBe(true);
  });
});

describe("a broken file", () => {
  it.each([
    ["half of it", '{ gateway: { auth: { token: "x', /is not valid JSON5/],
    ["nothing", "", /is not valid JSON5/],
    ["a wrong type", { gateway: { auth: { token: 5 } } }, /gateway\.auth\.token must be a string/],
    ["a placeholder", { gateway: { auth: { token: "your-token" } } }, /is a placeholder/],
    [
      "a secret that is not there",
      { gateway: { auth: { token: "${NOT_SET_ANYWHERE}" } } },
      /NOT_SET_ANYWHERE is not set/,
    ],
    ["an include", { $include: "./other.json5" }, /uses "\$include"/],
    ["an open door", { gateway: { bind: "lan", auth: { mode: "none" } } }, /asks nobody who they are/],
    ["a file that is gone", undefined, /cannot be read \(ENOENT\)/],
  ])("(%s) changes nothing, is said once, and is forgotten when it is put right", async (_what, broken, why) => {
    await serve({ auth: { token: FIRST } });
    const client = await operator(FIRST);
    if (broken === undefined) await unlink(join(sidecar.stateDir, "openclaw.json"));
    else await save(broken);
    await logged(/the last good one stays/);
    expect(sidecar.stderr()).toMatch(why);
    expect((await client.request("health")).ok).toBe(true);
    expect(await isWelcome("")).toBe(false);
    expect(await isWelcome(FIRST)).toBe(true);
    await save({ gateway: { auth: { token: SECOND } } });
    expect(await client.closed).toMatchObject({ code: 4001 });
    expect(await isWelcome(SECOND)).toBe(true);
    expect(sidecar.stderr().match(/the last good one stays/g)).toHaveLength(1);
  });
});

describe("what cannot be changed at once", () => {
  it("is named, and does not open anything until the restart", async () => {
    await serve({ auth: { token: FIRST } });
    await save({ gateway: { port: 1, bind: "lan", auth: { mode: "none", token: FIRST } } });
    await logged(/the last good one stays/);
    await save({ gateway: { auth: { mode: "none", token: FIRST }, tls: { enabled: true } } });
    await logged(/these wait for a restart: gateway\.auth\.mode, gateway\.tls/);
    expect(await isWelcome("")).toBe(false);
    expect(await isWelcome(FIRST)).toBe(true);
  });

  it("is everything when the config says so", async () => {
    await serve({ auth: { token: FIRST }, reload: { mode: "off" } });
    await save({ gateway: { auth: { token: SECOND }, reload: { mode: "off" } } });
    await logged(/gateway\.reload\.mode is "off", so it waits for a restart/);
    expect(await isWelcome(FIRST)).toBe(true);
    expect(await isWelcome(SECOND)).toBe(false);
    await save({ gateway: { auth: { token: SECOND } } });
    await logged(/was changed and holds from now on/);
    expect(await isWelcome(SECOND)).toBe(true);
  });
});

describe("what can be changed at once", () => {
  it("is which pages may come: one that may no longer goes, and nobody else", async () => {
    const token = FIRST;
    await serve({ auth: { token }, controlUi: { allowedOrigins: ["https://a.example", "https://b.example"] } });
    const [a, b] = await Promise.all(["https://a.example", "https://b.example"].map((origin) => open({ origin })));
    expect([await a?.hello(token), await b?.hello(token)]).toMatchObject([{ ok: true }, { ok: true }]);
    const program = await operator(token);
    await save({ gateway: { auth: { token }, controlUi: { allowedOrigins: ["https://b.example"] } } });
    expect(await a?.closed).toEqual({ code: 4001, reason: "gateway policy changed" });
    expect((await b?.request("health"))?.ok).toBe(true);
    expect((await program.request("health")).ok).toBe(true);
    const again = await open({ origin: "https://a.example" });
    expect(await again.hello(token)).toMatchObject({ ok: false });
  });

  it("is which proxies are believed: everybody comes again under the new rule", async () => {
    await serve({ auth: { token: FIRST } });
    const client = await operator(FIRST);
    const headers = { "x-forwarded-for": "203.0.113.9" };
    await expect(open({ headers })).rejects.toThrow(/403/);
    await save({ gateway: { auth: { token: FIRST }, trustedProxies: ["127.0.0.1"] } });
    expect(await client.closed).toEqual({ code: 4001, reason: "gateway policy changed" });
    expect((await open({ headers })).isOpen).toBe(true);
  });

  it("is the model: the next question goes to it, without a restart", async () => {
    const model = await startStubModel();
    try {
      await serve({ auth: { token: FIRST } });
      const client = await operator(FIRST);
      await save(stubConfig(model.baseUrl, { gateway: { auth: { token: FIRST } } }));
      await logged(/was changed and holds from now on/);
      await client.call("chat.send", { sessionKey: "k", message: "hello", idempotencyKey: "one" });
      const final = await client.event<{ state: string }>(
        "chat",
        ({ state }) => state === "final" || state === "error",
      );
      expect(final.payload.state).toBe("final");
      expect((await client.request("health")).ok).toBe(true);
    } finally {
      await model.close();
    }
  });

  it("is how many may guess: whoever is locked out stays it", async () => {
    const limited = (maxAttempts: number) => ({
      auth: { token: FIRST, rateLimit: { maxAttempts, exemptLoopback: false } },
    });
    await serve(limited(2));
    expect([await isWelcome("wrong"), await isWelcome("wrong"), await isWelcome(FIRST)]).toEqual([false, false, false]);
    await save({ gateway: limited(100) });
    await logged(/was changed and holds from now on/);
    expect(await isWelcome(FIRST)).toBe(false);
  });
});

describe("keys that nobody reads", () => {
  it("are said once each, with what was probably meant; those of a prototype do nothing", async () => {
    await serve({ auth: { token: FIRST }, trustedProxys: ["127.0.0.1"] });
    await logged(/nobody reads gateway\.trustedProxys of .*; did you mean "trustedProxies"\?/);
    await save(`{ "__proto__": { "gateway": { "auth": { "mode": "none" } } }, "constructor": { "prototype": { "isLoopback": true } },
      "gateway": { "trustedProxys": [], "auth": { "token": "${FIRST}", "__proto__": { "mode": "none" } } } }`);
    await logged(/nobody reads gateway\.auth\.__proto__/);
    expect(await isWelcome("")).toBe(false);
    expect(await isWelcome(FIRST)).toBe(true);
    expect(sidecar.stderr().match(/trustedProxys/g)).toHaveLength(1);
  });
});

describe("the record", () => {
  it("tells who came and who did not, and cannot be forged or filled by strangers", async () => {
    await serve({ auth: { token: FIRST } });
    await operator(FIRST);
    await logged(/audit: let in from=127\.0\.0\.1 client=cli\/cli role=operator by=token scopes=operator\.read\+/);
    for (let count = 0; count < 40; count++) {
      const client = await open();
      const evil = { id: "cli", mode: "cli", displayName: "x\naudit: let in by=me" };
      expect((await client.hello("wrong", { identity: null, client: evil })).ok).toBe(false);
    }
    await logged(
      /audit: refused from=127\.0\.0\.1 client=cli\/cli role=operator code=AUTH_TOKEN_MISMATCH why="unauthorized: /,
      30,
    );
    expect(sidecar.stderr().match(/audit: refused/g)).toHaveLength(30);
    expect(sidecar.stderr()).not.toContain("by=me");
    expect(sidecar.stderr()).not.toContain(FIRST);
  });
});
