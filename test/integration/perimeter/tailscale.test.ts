import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRunning } from "../../../sidecar/service/process-identity.ts";
import { type FakeTailscale, TAILNET_NAME, startFakeTailscale } from "../../support/fake-tailscale.ts";
import { type HelloOptions, RawGatewayClient } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, ensureSidecar, runSidecar, startSidecar } from "../../support/sidecar.ts";
import { TestIdentity } from "../../support/test-identity.ts";

const TOKEN = "test-token-0123456789";
const NICK = "100.101.1.1";
/** What Tailscale's proxy sends for a device of a person in the tailnet. */
const BY_SERVE = {
  host: TAILNET_NAME,
  "x-forwarded-for": NICK,
  "x-forwarded-proto": "https",
  "x-forwarded-host": TAILNET_NAME,
  "tailscale-user-login": "nick@example.com",
  "tailscale-user-name": "Nick",
} as const;
const CONTROL_UI: HelloOptions = { client: { id: "openclaw-control-ui", mode: "webchat" }, auth: undefined };

let folder: string;
let tailscale: FakeTailscale;
let sidecar: RunningSidecar | undefined;
const clients: RawGatewayClient[] = [];

async function serve(gateway: object = {}, options: Parameters<typeof startSidecar>[0] = {}): Promise<RunningSidecar> {
  sidecar = await startSidecar({
    stateDir: join(folder, "state"),
    config: { gateway: { tailscale: { mode: "serve" }, ...gateway } },
    env: tailscale.env,
    ...options,
  });
  return sidecar;
}

/** Comes in as Tailscale's proxy would bring somebody, to the private port. */
async function come(headers: Readonly<Record<string, string>> = BY_SERVE, origin?: string): Promise<RawGatewayClient> {
  const port = await tailscale.target();
  const client = await RawGatewayClient.open(`ws://127.0.0.1:${port}`, {
    headers,
    ...(origin === undefined ? {} : { origin }),
  });
  clients.push(client);
  return client;
}

async function hello(options: HelloOptions, headers: Readonly<Record<string, string>> = BY_SERVE) {
  return (await come(headers)).hello(TOKEN, options);
}

async function refused(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await runSidecar(
    ["run", "--json", "--port", "0", "--quiet", "--state-dir", join(folder, "refused"), ...args],
    { HOME: folder, ...tailscale.env, ...env },
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  return stderr;
}

beforeAll(ensureSidecar);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sidecar-tailscale-"));
  tailscale = await startFakeTailscale();
  tailscale.devices.set(NICK, { login: "nick@example.com" });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await sidecar?.stop();
  sidecar = undefined;
  await tailscale.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("--tailscale serve", () => {
  it("has the real command lead the tailnet to a private port, and gives the route back at the end", async () => {
    const { port, stateDir } = await serve({}, { args: ["--tailscale", "serve"], config: {} });
    const target = await tailscale.target();
    expect(target).toBeTypeOf("number");
    expect(target).not.toBe(port);
    const calls = await tailscale.calls();
    expect(calls[0]).toEqual(["status", "--peers=false", "--json"]);
    // It is asked for in one process and looked for in another: which comes first is nobody's promise.
    expect(calls).toContainEqual(["serve", "--yes", "--https=443", `http://127.0.0.1:${target}`]);
    expect(calls).toContainEqual(["serve", "status", "--json"]);
    const { stdout } = await runSidecar(["status", "--state-dir", stateDir], {
      HOME: folder,
      OPENCLAW_GATEWAY_TOKEN: TOKEN,
    });
    expect(stdout).toMatch(new RegExp(`^Reach +https://${TAILNET_NAME}$`, "m"));
    const holder = await tailscale.pid();
    await sidecar?.stop();
    await expect.poll(() => isRunning(holder)).toBe(false);
    expect(await tailscale.target()).toBeUndefined();
  });

  it("gives the route back also when the Gateway is killed: nobody else may take its port", async () => {
    const running = await serve();
    const holder = await tailscale.pid();
    expect(isRunning(holder)).toBe(true);
    await running.kill("SIGKILL");
    await expect.poll(() => isRunning(holder), { timeout: 5_000 }).toBe(false);
    expect(await tailscale.target()).toBeUndefined();
  });

  it("takes the route again when it is lost, and says so in between", async () => {
    const running = await serve();
    const holder = await tailscale.pid();
    process.kill(holder, "SIGTERM");
    await expect
      .poll(() => running.stderr(), { timeout: 5_000 })
      .toMatch(/Tailscale has given up the route: `tailscale serve` ended with/);
    await expect.poll(() => tailscale.pid(), { timeout: 10_000 }).not.toBe(holder);
    await expect.poll(async () => (await hello(CONTROL_UI)).ok, { timeout: 5_000 }).toBe(true);
  });

  it("waits for a daemon that is only just coming, and for no other", async () => {
    await tailscale.setState("NoState");
    const starting = serve();
    await expect.poll(async () => (await tailscale.calls()).length, { timeout: 10_000 }).toBeGreaterThan(1);
    await tailscale.setState("Running");
    await starting;
    expect(sidecar?.stderr()).toMatch(/waiting for Tailscale, which is "NoState"/);
  });
});

describe("a start that cannot have its route", () => {
  it.each([
    ["NeedsLogin", "", /--tailscale serve did not work: Tailscale is "NeedsLogin"; bring it up with `tailscale up`\./],
    [
      "Running",
      "Access denied: serve config denied\n\nUse 'sudo tailscale serve'.",
      /did not work: Access denied: serve config denied Use 'sudo tailscale serve'\.\n/,
    ],
  ])("(%s %s) says why in Tailscale's own words, and leaves nothing open", async (state, refusal, why) => {
    await tailscale.setState(state);
    await tailscale.setRefusal(refusal);
    expect(await refused(["--tailscale", "serve"])).toMatch(why);
  });

  it("says that there is no Tailscale", async () => {
    expect(await refused(["--tailscale", "serve"], { PATH: "/nowhere" })).toMatch(
      /needs the tailscale command, which is not on PATH/,
    );
  });

  it("asks for a password before it opens anything to the internet, and for some secret before anything else", async () => {
    expect(await refused(["--tailscale", "funnel"], { OPENCLAW_GATEWAY_TOKEN: TOKEN })).toMatch(
      /needs a password, not "token"/,
    );
    expect(await refused(["--tailscale", "serve", "--auth", "none"])).toMatch(/asks nobody who they are/);
    expect(await tailscale.calls()).toEqual([]);
  });
});

describe("a person of the tailnet", () => {
  it("is let into the Control UI without a token, with the device, when the daemon knows the address", async () => {
    await serve();
    const identity = new TestIdentity();
    expect(await hello({ ...CONTROL_UI, identity })).toMatchObject({
      ok: true,
      payload: { auth: { method: "tailscale", deviceToken: expect.any(String) } },
    });
    expect(tailscale.asked).toEqual([NICK]);
    expect(sidecar?.stderr()).toMatch(/audit: let in from=100\.101\.1\.1 user=nick@example\.com .* by=tailscale/);
    const page = await come(BY_SERVE, `https://${TAILNET_NAME}`);
    expect(await page.hello(TOKEN, { ...CONTROL_UI, identity })).toMatchObject({ ok: true });
    const foreign = await come(BY_SERVE, "https://evil.example");
    expect(await foreign.hello(TOKEN, { ...CONTROL_UI, identity })).toMatchObject({
      error: { details: { code: "CONTROL_UI_ORIGIN_NOT_ALLOWED" } },
    });
  });

  it("still needs a device, an approval for anything but the Control UI, and is never local", async () => {
    await serve();
    expect(await hello({ ...CONTROL_UI, identity: null })).toMatchObject({ ok: false, error: { code: "NOT_PAIRED" } });
    expect(await hello({ auth: undefined })).toMatchObject({
      ok: false,
      error: { code: "NOT_PAIRED", details: { code: "PAIRING_REQUIRED" } },
    });
    expect(await hello({ identity: null, client: { id: "cli", mode: "cli" } })).toMatchObject({
      ok: true,
      payload: { auth: { scopes: [] } },
    });
  });

  it.each([
    ["whose address the daemon does not know", { "x-forwarded-for": "100.101.9.9" }, "token_missing"],
    ["who says to be somebody else", { "tailscale-user-login": "boss@example.com" }, "token_missing"],
    [
      "whose device is tagged and so nobody's",
      { "x-forwarded-for": "100.101.1.2", "tailscale-user-login": "tagged-devices" },
      "token_missing",
    ],
  ])("%s is asked for the token", async (_who, headers, reason) => {
    await serve();
    tailscale.devices.set("100.101.1.2", { login: "tagged-devices", tags: ["tag:server"] });
    expect(await hello(CONTROL_UI, { ...BY_SERVE, ...headers })).toMatchObject({
      ok: false,
      error: { details: { authReason: reason } },
    });
    expect(await hello({ ...CONTROL_UI, auth: { token: "wrong" } })).toMatchObject({
      ok: false,
      error: { details: { authReason: "token_mismatch" } },
    });
  });

  it("is asked for the token while the daemon does not answer", async () => {
    await serve();
    await tailscale.stopDaemon();
    expect(await hello(CONTROL_UI)).toMatchObject({ ok: false });
    expect(await hello({ ...CONTROL_UI, auth: { token: TOKEN } })).toMatchObject({ error: { code: "NOT_PAIRED" } });
  });

  it("is asked for the token when the config wants it, from the moment that it does", async () => {
    const { stateDir } = await serve();
    const identity = new TestIdentity();
    const client = await come();
    expect(await client.hello(TOKEN, { ...CONTROL_UI, identity })).toMatchObject({ ok: true });
    const gateway = { tailscale: { mode: "serve" }, auth: { allowTailscale: false } };
    await writeFile(join(stateDir, "openclaw.json"), JSON.stringify({ gateway }));
    expect(await client.closed).toEqual({ code: 4001, reason: "gateway policy changed" });
    expect(await hello({ ...CONTROL_UI, identity })).toMatchObject({ ok: false });
  });

  it("gets the scopes that the config gives to that person, for as long as the connection lasts", async () => {
    await serve({ auth: { identityScopes: { "Nick@Example.com": ["operator.admin"] } } });
    const identity = new TestIdentity();
    const scopes = ["operator.read"];
    const answer = await hello({ ...CONTROL_UI, identity, scopes });
    expect(answer).toMatchObject({ ok: true, payload: { auth: { scopes: ["operator.admin"] } } });
    const again = await hello(
      { ...CONTROL_UI, identity, scopes: ["operator.write"] },
      { ...BY_SERVE, "x-forwarded-for": "100.101.9.9" },
    );
    expect(again.ok).toBe(false);
  });
});

describe("the private port", () => {
  it.each([
    ["without any of Tailscale's headers", {}],
    ["without the scheme", { ...BY_SERVE, "x-forwarded-proto": "" }],
    ["over plain HTTP", { ...BY_SERVE, "x-forwarded-proto": "http" }],
    ["with two clients", { ...BY_SERVE, "x-forwarded-for": `${NICK}, 100.101.1.3` }],
    ["with this computer as the client", { ...BY_SERVE, "x-forwarded-for": "127.0.0.1" }],
    ["with no address as the client", { ...BY_SERVE, "x-forwarded-for": "nick" }],
    ["from the internet, which nobody asked for", { ...BY_SERVE, "tailscale-funnel-request": "?1" }],
  ])("is closed to a visit %s", async (_what, headers) => {
    await serve();
    await expect(come(headers)).rejects.toThrow(/403/);
    expect(tailscale.asked).toEqual([]);
  });

  it("says over HTTP no more than the other one", async () => {
    await serve();
    const port = await tailscale.target();
    const ask = (path: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve) => {
        request({ host: "127.0.0.1", port, path, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).end();
      });
    expect([await ask("/readyz", BY_SERVE), await ask("/", BY_SERVE), await ask("/", {})]).toEqual([200, 404, 403]);
    expect(tailscale.asked).toEqual([]);
  });

  it("is the only place where such headers count", async () => {
    const { url } = await serve({ trustedProxies: ["127.0.0.1"] });
    const client = await RawGatewayClient.open(url, { headers: { ...BY_SERVE } });
    clients.push(client);
    expect(await client.hello(TOKEN, CONTROL_UI)).toMatchObject({
      ok: false,
      error: { details: { authReason: "token_missing" } },
    });
    expect(tailscale.asked).toEqual([]);
  });
});

describe("--tailscale funnel", () => {
  it("opens to the internet with the password and nothing less, also for people of the tailnet", async () => {
    await serve(
      { tailscale: { mode: "funnel" }, auth: { mode: "password", password: "a long password", allowTailscale: true } },
      { token: "" },
    );
    expect((await tailscale.calls()).some(([mode, yes]) => mode === "funnel" && yes === "--yes")).toBe(true);
    const stranger = { ...BY_SERVE, "x-forwarded-for": "203.0.113.9", "tailscale-funnel-request": "?1" };
    for (const headers of [stranger, BY_SERVE]) {
      expect(await hello(CONTROL_UI, headers)).toMatchObject({
        ok: false,
        error: { details: { authReason: "password_missing" } },
      });
      expect(await hello({ ...CONTROL_UI, auth: { password: "a long password" } }, headers)).toMatchObject({
        ok: false,
        error: { code: "NOT_PAIRED" },
      });
    }
    expect(tailscale.asked).toEqual([]);
  });

  it("locks out who guesses from the internet, and nobody else", async () => {
    const auth = { mode: "password", password: "a long password", rateLimit: { maxAttempts: 3 } };
    await serve({ tailscale: { mode: "funnel" }, auth }, { token: "" });
    const from = (address: string) => ({ ...BY_SERVE, "x-forwarded-for": address, "tailscale-funnel-request": "?1" });
    const guess = (address: string, password: string) => hello({ ...CONTROL_UI, auth: { password } }, from(address));
    for (let count = 0; count < 3; count++) await guess("203.0.113.9", "guess");
    expect(await guess("203.0.113.9", "a long password")).toMatchObject({
      error: { details: { code: "AUTH_RATE_LIMITED" } },
    });
    expect(await guess("203.0.113.10", "a long password")).toMatchObject({ error: { code: "NOT_PAIRED" } });
  });
});
