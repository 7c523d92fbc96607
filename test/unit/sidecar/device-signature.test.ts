import { buildDeviceAuthPayload, buildDeviceAuthPayloadV3 } from "@openclaw/gateway-client/browser";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { refuseDevice, SIGNATURE_WINDOW_MS } from "../../../sidecar/gateway/auth/device-signature.ts";
import { type ConnectParams, type DeviceProof, connectParams } from "../../../sidecar/gateway/wire.ts";
import { fits } from "../../../sidecar/gateway/schema.ts";

const NOW = 1_795_000_000_000;
const NONCE = "3c7e0b0e-nonce";
const challenge = { nonce: NONCE, now: NOW };

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
const deviceId = createHash("sha256").update(raw).digest("hex");

/** A connect as the official client builds it: its own payload builders are the oracle here. */
function signed(
  version: "v2" | "v3",
  over: Record<string, unknown> = {},
): { proof: DeviceProof; params: ConnectParams } {
  const params: unknown = {
    minProtocol: 4,
    maxProtocol: 4,
    client: { id: "gateway-client", version: "1", platform: "Linux", mode: "ui", deviceFamily: " Desk TOP " },
    role: "operator",
    scopes: ["operator.read", "operator.write"],
    auth: { token: "secret" },
    ...over,
  };
  if (!fits(connectParams, params)) throw new Error("bad test parameters");
  const fields = {
    deviceId,
    clientId: params.client.id,
    clientMode: params.client.mode,
    role: params.role ?? "operator",
    scopes: [...(params.scopes ?? [])],
    signedAtMs: NOW,
    token: params.auth?.token ?? params.auth?.deviceToken ?? null,
    nonce: NONCE,
  };
  const { platform, deviceFamily } = params.client;
  const payload =
    version === "v2"
      ? buildDeviceAuthPayload(fields)
      : buildDeviceAuthPayloadV3({ ...fields, platform, ...(deviceFamily === undefined ? {} : { deviceFamily }) });
  const signature = sign(null, Buffer.from(payload, "utf8"), privateKey).toString("base64url");
  const proof = { id: deviceId, publicKey: raw.toString("base64url"), signature, signedAt: NOW, nonce: NONCE };
  return { proof, params };
}

describe("a device signature", () => {
  it.each(["v2", "v3"] as const)("of the official client is good in the form %s", (version) => {
    const { proof, params } = signed(version);
    expect(refuseDevice(proof, params, challenge)).toBeUndefined();
  });

  it("may be over a device token when there is no other", () => {
    const { proof, params } = signed("v3", { auth: { deviceToken: "device-token" } });
    expect(refuseDevice(proof, params, challenge)).toBeUndefined();
  });

  it.each([
    ["role", { role: "node" }],
    ["scopes", { scopes: ["operator.read", "operator.write", "operator.admin"] }],
    ["token", { auth: { token: "other" } }],
    ["client id", { client: { id: "cli", version: "1", platform: "Linux", mode: "ui", deviceFamily: "desk top" } }],
    ["client mode", { client: { id: "gateway-client", version: "1", platform: "Linux", mode: "cli" } }],
    [
      "platform",
      { client: { id: "gateway-client", version: "1", platform: "darwin", mode: "ui", deviceFamily: "desk top" } },
    ],
    [
      "family",
      { client: { id: "gateway-client", version: "1", platform: "Linux", mode: "ui", deviceFamily: "phone" } },
    ],
  ])("does not cover another %s than was signed", (_what, over) => {
    const { proof } = signed("v3");
    const { params } = signed("v3", over);
    expect(refuseDevice(proof, params, challenge)?.code).toBe("DEVICE_AUTH_SIGNATURE_INVALID");
  });

  it("is bound to the challenge of this very connection", () => {
    const { proof, params } = signed("v3");
    expect(refuseDevice(proof, params, { ...challenge, nonce: "another" })?.code).toBe("DEVICE_AUTH_NONCE_MISMATCH");
    expect(refuseDevice({ ...proof, nonce: " " }, params, challenge)?.code).toBe("DEVICE_AUTH_NONCE_REQUIRED");
  });

  it("is good inside of its window and not a millisecond longer", () => {
    const { proof, params } = signed("v3");
    for (const now of [NOW - SIGNATURE_WINDOW_MS, NOW + SIGNATURE_WINDOW_MS]) {
      expect(refuseDevice(proof, params, { nonce: NONCE, now })).toBeUndefined();
    }
    for (const now of [NOW - SIGNATURE_WINDOW_MS - 1, NOW + SIGNATURE_WINDOW_MS + 1]) {
      expect(refuseDevice(proof, params, { nonce: NONCE, now })?.code).toBe("DEVICE_AUTH_SIGNATURE_EXPIRED");
    }
  });

  it("must come from the key that the device id is the hash of", () => {
    const { proof, params } = signed("v3");
    expect(refuseDevice({ ...proof, id: "0".repeat(64) }, params, challenge)?.code).toBe(
      "DEVICE_AUTH_DEVICE_ID_MISMATCH",
    );
    const short = Buffer.from("short");
    const id = createHash("sha256").update(short).digest("hex");
    const withShortKey = { ...proof, id, publicKey: short.toString("base64url") };
    expect(refuseDevice(withShortKey, params, challenge)?.code).toBe("DEVICE_AUTH_PUBLIC_KEY_INVALID");
  });

  it.each(["", "AAAA", "*".repeat(86), "A".repeat(86), "A".repeat(10_000)])(
    "that is no signature is refused: %.20s",
    (signature) => {
      const { proof, params } = signed("v3");
      expect(refuseDevice({ ...proof, signature }, params, challenge)?.code).toBe("DEVICE_AUTH_SIGNATURE_INVALID");
    },
  );
});
