import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DeviceTokens } from "../../../sidecar/gateway/auth/device-tokens.ts";
import { type DeviceClaim, Pairing } from "../../../sidecar/gateway/auth/pairing.ts";
import { Store } from "../../../sidecar/store/store.ts";

const HOUR = 3_600_000;
let folder: string;
let store: Store;
let pairing: Pairing;
let tokens: DeviceTokens;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidecar-devices-"));
  store = new Store(join(folder, "s.sqlite"));
  pairing = new Pairing(store.devices, store.pairing);
  tokens = new DeviceTokens(randomBytes(32), store.devices);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const claim = (over: Partial<DeviceClaim> = {}): DeviceClaim => ({
  deviceId: "device-1",
  publicKey: "key",
  displayName: undefined,
  platform: "linux",
  deviceFamily: undefined,
  clientId: "gateway-client",
  clientMode: "ui",
  role: "operator",
  scopes: ["operator.read"],
  remoteIp: "203.0.113.5",
  ...over,
});
const locally = (now: number) => ({ silently: true, now });
const fromAfar = (now: number) => ({ silently: false, now });

function paired(over: Partial<DeviceClaim> = {}, now = 1) {
  const outcome = pairing.admit(claim(over), locally(now));
  if (outcome.kind !== "paired") throw new Error("not paired");
  return outcome.device;
}

describe("pairing", () => {
  it("from afar waits for an operator, once for each wish", () => {
    const first = pairing.admit(claim(), fromAfar(1));
    const again = pairing.admit(claim(), fromAfar(2));
    expect(first).toMatchObject({ kind: "pending", reason: "not-paired", request: { isRepair: false } });
    expect(again).toEqual(first);
    expect(pairing.pending(2)).toHaveLength(1);
  });

  it("lets an approved device in with what was approved, and asks again for more", () => {
    const outcome = pairing.admit(claim(), fromAfar(1));
    if (outcome.kind !== "pending") throw new Error("not pending");
    pairing.approve(outcome.request, 2);
    expect(pairing.pending(2)).toEqual([]);
    expect(pairing.admit(claim(), fromAfar(3))).toMatchObject({ kind: "paired", isNew: false });
    expect(pairing.admit(claim({ scopes: ["operator.read", "operator.admin"] }), fromAfar(4))).toMatchObject({
      kind: "pending",
      reason: "scope-upgrade",
      request: { isRepair: true },
      approved: { scopes: ["operator.read"] },
    });
  });

  it("forgets a request that nobody decides, and bounds how many wait", () => {
    pairing.admit(claim(), fromAfar(0));
    expect(pairing.pending(HOUR + 1)).toEqual([]);
    for (let device = 0; device < 100; device++)
      pairing.admit(claim({ deviceId: `d${device}` }), fromAfar(HOUR + device));
    expect(pairing.pending(HOUR + 100)).toHaveLength(64);
  });

  it("over the loopback forgets the longest unseen of very many devices", () => {
    for (let device = 0; device <= 256; device++) paired({ deviceId: `d${device}` }, device);
    expect(store.devices.get("d0")).toBeUndefined();
    expect(store.devices.list()).toHaveLength(256);
  });
});

describe("a device token", () => {
  it("is the same at every connect and lies nowhere in clear", () => {
    const device = paired();
    const first = tokens.issue(device, "operator", 1);
    const again = tokens.issue(device, "operator", 2);
    expect(again).toEqual(first);
    expect(first?.token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    store.close();
    expect(readFileSync(join(folder, "s.sqlite")).includes(first?.token ?? "")).toBe(false);
    store = new Store(join(folder, "s.sqlite"));
  });

  it("opens the door of its own device and role only", () => {
    const token = tokens.issue(paired(), "operator", 1)?.token ?? "";
    tokens.issue(paired({ deviceId: "device-2" }), "operator", 1);
    expect(tokens.verify("device-1", "operator", token)).toMatchObject({ scopes: ["operator.read"] });
    expect(tokens.verify("device-2", "operator", token)).toBeUndefined();
    expect(tokens.verify("device-1", "node", token)).toBeUndefined();
    expect(tokens.verify("device-1", "operator", `${token}x`)).toBeUndefined();
  });

  it("that was rotated no longer opens anything, its successor does", () => {
    const old = tokens.issue(paired(), "operator", 1)?.token ?? "";
    const known = store.devices.token("device-1", "operator");
    if (known === undefined) throw new Error("no token");
    const next = tokens.rotate(known, known.scopes, 2);
    expect(tokens.verify("device-1", "operator", old)).toBeUndefined();
    expect(tokens.verify("device-1", "operator", next)).toBeDefined();
    expect(tokens.issue(paired(), "operator", 3)?.token).toBe(next);
  });

  it("that was revoked stays so until the device is approved anew, and then it is another", () => {
    const device = paired();
    const old = tokens.issue(device, "operator", 1)?.token ?? "";
    const known = store.devices.token("device-1", "operator");
    if (known === undefined) throw new Error("no token");
    tokens.revoke(known, 5);
    expect(tokens.verify("device-1", "operator", old)).toBeUndefined();
    expect(tokens.issue(device, "operator", 6)).toBeUndefined();
    const fresh = tokens.issue({ ...device, approvedAt: 7 }, "operator", 8)?.token;
    expect(fresh).toBeDefined();
    expect(fresh).not.toBe(old);
    expect(tokens.verify("device-1", "operator", fresh ?? "")).toBeDefined();
  });

  it("goes with its device", () => {
    const token = tokens.issue(paired(), "operator", 1)?.token ?? "";
    store.devices.remove("device-1");
    expect(tokens.verify("device-1", "operator", token)).toBeUndefined();
  });
});
