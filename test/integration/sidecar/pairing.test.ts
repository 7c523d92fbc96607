import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type HelloOptions, RawGatewayClient, type ResFrame } from "../../support/raw-gateway-client.ts";
import { type RunningSidecar, ensureSidecar, startSidecar } from "../../support/sidecar.ts";
import { TestIdentity } from "../../support/test-identity.ts";

interface PairList {
  readonly pending: readonly { readonly requestId: string; readonly deviceId: string; readonly remoteIp: string }[];
  readonly paired: readonly {
    readonly deviceId: string;
    readonly scopes: readonly string[];
    readonly connected: boolean;
  }[];
}
interface Pending {
  readonly requestId: string;
  readonly deviceId: string;
}

let sidecar: RunningSidecar;
const clients: RawGatewayClient[] = [];

beforeAll(ensureSidecar);
beforeEach(async () => {
  // What a reverse proxy on this host forwards comes from elsewhere: those devices must be approved.
  sidecar = await startSidecar({ config: { gateway: { trustedProxies: ["127.0.0.1"] } } });
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await sidecar.stop();
});

async function open(headers: Record<string, string> = {}): Promise<RawGatewayClient> {
  const client = await RawGatewayClient.open(sidecar.url, { headers });
  clients.push(client);
  return client;
}

async function owner(): Promise<RawGatewayClient> {
  const client = await open();
  expect((await client.hello(sidecar.token)).ok).toBe(true);
  return client;
}

/** Says hello as a device behind the proxy. */
async function remote(options: HelloOptions): Promise<{ client: RawGatewayClient; answer: ResFrame }> {
  const client = await open({ "x-forwarded-for": "203.0.113.5" });
  return { client, answer: await client.hello(sidecar.token, { scopes: ["operator.read"], ...options }) };
}

const tokenOf = (answer: ResFrame): string => (answer.payload as { auth: { deviceToken: string } }).auth.deviceToken;

describe("a device from afar", () => {
  it("waits for the owner, comes in with what was approved, and later needs only its own token", async () => {
    const boss = await owner();
    const identity = new TestIdentity();
    const first = await remote({ identity });
    const asked = (await boss.event<Pending>("device.pair.requested")).payload;
    expect(asked).toMatchObject({
      deviceId: identity.id,
      remoteIp: "203.0.113.5",
      scopes: ["operator.read"],
      isRepair: false,
    });
    expect(first.answer.error).toMatchObject({
      code: "NOT_PAIRED",
      message: "pairing required: device is not approved yet",
      details: { code: "PAIRING_REQUIRED", reason: "not-paired", requestId: asked.requestId },
    });
    expect(await first.client.closed).toEqual({
      code: 1008,
      reason: `pairing required: device is not approved yet (requestId: ${asked.requestId})`,
    });
    expect(await boss.call<PairList>("device.pair.list")).toMatchObject({ pending: [{ requestId: asked.requestId }] });
    await boss.call("device.pair.approve", { requestId: asked.requestId });
    await boss.event<Pending & { decision: string }>(
      "device.pair.resolved",
      ({ decision, deviceId }) => decision === "approved" && deviceId === identity.id,
    );

    const second = await remote({ identity });
    expect(second.answer).toMatchObject({
      ok: true,
      payload: { auth: { scopes: ["operator.read"], method: "token" } },
    });
    const third = await remote({ identity, auth: { deviceToken: tokenOf(second.answer) } });
    expect(third.answer).toMatchObject({ ok: true, payload: { auth: { method: "device-token" } } });
    expect(tokenOf(third.answer)).toBe(tokenOf(second.answer));
    // The official client sends a stored device token in the token field as well.
    const fourth = await remote({
      identity,
      auth: { token: tokenOf(second.answer), deviceToken: tokenOf(second.answer) },
    });
    expect(fourth.answer.ok).toBe(true);
  });

  it("that asks for more waits again, and its token does not open more either", async () => {
    const boss = await owner();
    const identity = new TestIdentity();
    await remote({ identity });
    const { requestId } = (await boss.event<Pending>("device.pair.requested")).payload;
    await boss.call("device.pair.approve", { requestId });
    const { answer } = await remote({ identity });
    const wider = await remote({ identity, scopes: ["operator.read", "operator.admin"] });
    expect(wider.answer.error).toMatchObject({
      code: "NOT_PAIRED",
      message: "pairing required: device is asking for more scopes than currently approved",
      details: { reason: "scope-upgrade", approvedScopes: ["operator.read"] },
    });
    const byToken = await remote({ identity, scopes: ["operator.admin"], auth: { deviceToken: tokenOf(answer) } });
    expect(byToken.answer.error).toMatchObject({ details: { code: "AUTH_SCOPE_MISMATCH" } });
  });

  it("that is turned away hears of it by asking again: it is a new request", async () => {
    const boss = await owner();
    const identity = new TestIdentity();
    await remote({ identity });
    const { requestId } = (await boss.event<Pending>("device.pair.requested")).payload;
    await boss.call("device.pair.reject", { requestId });
    expect((await boss.call<PairList>("device.pair.list")).pending).toEqual([]);
    const { answer } = await remote({ identity });
    expect(answer.error?.code).toBe("NOT_PAIRED");
    expect(answer.error?.details).not.toMatchObject({ requestId });
    expect((await boss.request("device.pair.approve", { requestId })).error?.message).toBe("unknown requestId");
  });

  it("cannot come in by claiming to be local", async () => {
    await expect(open({ "x-forwarded-for": "127.0.0.1" })).rejects.toThrow(/403/);
    const cli = await open({ "x-forwarded-for": "203.0.113.9" });
    const hello = await cli.hello(sidecar.token, { identity: null, client: { id: "cli", mode: "cli" } });
    expect(hello.payload).toMatchObject({ auth: { scopes: [] } });
  });
});

describe("a paired device", () => {
  it("that is removed is thrown out, and its token opens nothing", async () => {
    const boss = await owner();
    const identity = new TestIdentity();
    const device = await open();
    const hello = await device.hello(sidecar.token, { identity });
    await boss.call("device.pair.remove", { deviceId: identity.id });
    expect(await device.closed).toEqual({ code: 4001, reason: "device removed" });
    const again = await open();
    expect((await again.hello("", { identity, auth: { deviceToken: tokenOf(hello) } })).error).toMatchObject({
      details: { code: "AUTH_DEVICE_TOKEN_MISMATCH" },
    });
  });

  it("whose token is revoked is thrown out at once", async () => {
    const boss = await owner();
    const identity = new TestIdentity();
    const device = await open();
    await device.hello(sidecar.token, { identity });
    await boss.call("device.token.revoke", { deviceId: identity.id, role: "operator" });
    expect(await device.closed).toEqual({ code: 4001, reason: "device removed" });
  });

  it("that rotates its own token gets the new one, and nobody else does", async () => {
    const boss = await owner();
    const identity = new TestIdentity();
    const first = await open();
    const old = tokenOf(await first.hello(sidecar.token, { identity }));
    const params = { deviceId: identity.id, role: "operator" };
    const withheld = await boss.call<Record<string, unknown>>("device.token.rotate", params);
    expect(withheld).toMatchObject({ tokenDelivery: "withheld-cross-device" });
    expect(withheld["token"]).toBeUndefined();
    const refused = await open();
    expect((await refused.hello("", { identity, auth: { deviceToken: old } })).ok).toBe(false);
    const second = await open();
    const current = tokenOf(await second.hello(sidecar.token, { identity }));
    const byToken = await open();
    expect((await byToken.hello("", { identity, auth: { deviceToken: current } })).ok).toBe(true);
    const own = await byToken.call<{ token: string; tokenDelivery: string }>("device.token.rotate", params);
    expect(own.tokenDelivery).toBe("in-band");
    const last = await open();
    expect((await last.hello("", { identity, auth: { deviceToken: own.token } })).ok).toBe(true);
  });

  it("without admin manages nobody but itself", async () => {
    const identity = new TestIdentity();
    const scopes = ["operator.read", "operator.pairing"];
    const first = await open();
    const token = tokenOf(await first.hello(sidecar.token, { identity, scopes }));
    const other = new TestIdentity();
    const boss = await open();
    await boss.hello(sidecar.token, { identity: other });
    const limited = await open();
    await limited.hello("", { identity, scopes, auth: { deviceToken: token } });
    const { paired } = await limited.call<PairList>("device.pair.list");
    expect(paired.map(({ deviceId }) => deviceId)).toEqual([identity.id]);
    expect((await limited.request("device.pair.remove", { deviceId: other.id })).error?.message).toBe(
      "unknown deviceId",
    );
    expect((await limited.request("device.token.revoke", { deviceId: other.id, role: "operator" })).ok).toBe(false);
  });

  it("keeps its place over a restart of the Gateway", async () => {
    const identity = new TestIdentity();
    const first = await open();
    const token = tokenOf(await first.hello(sidecar.token, { identity }));
    const { stateDir } = sidecar;
    await sidecar.kill("SIGKILL");
    const again = await startSidecar({ stateDir });
    try {
      const client = await RawGatewayClient.open(again.url);
      const hello = await client.hello("", { identity, auth: { deviceToken: token } });
      expect(hello).toMatchObject({ ok: true, payload: { auth: { method: "device-token", deviceToken: token } } });
      await client.close();
    } finally {
      await again.stop();
    }
  });
});
