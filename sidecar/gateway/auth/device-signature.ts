import { createHash, createPublicKey, verify } from "node:crypto";
import type { ConnectParams, DeviceProof } from "../wire.ts";

/** How far `signedAt` may be from our clock. Clients sign the time of our own challenge, so this is generous. */
export const SIGNATURE_WINDOW_MS = 10 * 60_000;

/** Why a device proof is refused: the message, code and reason of the real Gateway. */
export interface DeviceRefusal {
  readonly message: string;
  readonly code: string;
  readonly reason: string;
}

const refusals = {
  publicKey: {
    message: "device public key invalid",
    code: "DEVICE_AUTH_PUBLIC_KEY_INVALID",
    reason: "device-public-key",
  },
  id: { message: "device identity mismatch", code: "DEVICE_AUTH_DEVICE_ID_MISMATCH", reason: "device-id-mismatch" },
  expired: {
    message: "device signature expired",
    code: "DEVICE_AUTH_SIGNATURE_EXPIRED",
    reason: "device-signature-stale",
  },
  noNonce: { message: "device nonce required", code: "DEVICE_AUTH_NONCE_REQUIRED", reason: "device-nonce-missing" },
  nonce: { message: "device nonce mismatch", code: "DEVICE_AUTH_NONCE_MISMATCH", reason: "device-nonce-mismatch" },
  signature: { message: "device signature invalid", code: "DEVICE_AUTH_SIGNATURE_INVALID", reason: "device-signature" },
} as const satisfies Record<string, DeviceRefusal>;

/** Prefix of an Ed25519 public key in SPKI form (RFC 8410). */
const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");
const BASE64URL = /^[A-Za-z0-9_-]+={0,2}$/;

/**
 * Checks that the peer holds the key of the device it names, and made the signature for this very connection.
 * @param proof `device` of the `connect` parameters
 * @param params the rest of them: all that grants something is signed
 * @param challenge the nonce that we sent
 * @returns why not, or undefined when it is good
 */
export function refuseDevice(
  proof: DeviceProof,
  params: ConnectParams,
  challenge: { readonly nonce: string; readonly now: number },
): DeviceRefusal | undefined {
  const raw = Buffer.from(proof.publicKey, "base64url");
  if (createHash("sha256").update(raw).digest("hex") !== proof.id) return refusals.id;
  if (raw.length !== 32 || !BASE64URL.test(proof.publicKey)) return refusals.publicKey;
  if (Math.abs(challenge.now - proof.signedAt) > SIGNATURE_WINDOW_MS) return refusals.expired;
  if (proof.nonce.trim() === "") return refusals.noNonce;
  if (proof.nonce !== challenge.nonce) return refusals.nonce;
  return isSigned(raw, proof, params) ? undefined : refusals.signature;
}

function isSigned(rawKey: Buffer, proof: DeviceProof, params: ConnectParams): boolean {
  if (!BASE64URL.test(proof.signature)) return false;
  const signature = Buffer.from(proof.signature, "base64url");
  if (signature.length !== 64) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([SPKI_ED25519, rawKey]), format: "der", type: "spki" });
    return signedTexts(proof, params).some((signed) => verify(null, Buffer.from(signed, "utf8"), key, signature));
  } catch {
    return false;
  }
}

/** The texts a signature may be over: the current form, which also binds the platform, and the older one. */
function signedTexts(proof: DeviceProof, params: ConnectParams): readonly string[] {
  const { client, auth } = params;
  const common = [
    proof.id,
    client.id,
    client.mode,
    params.role ?? "operator",
    (params.scopes ?? []).join(","),
    String(proof.signedAt),
    auth?.token ?? auth?.deviceToken ?? auth?.bootstrapToken ?? "",
    proof.nonce,
  ];
  const v3 = ["v3", ...common, lowerAscii(client.platform), lowerAscii(client.deviceFamily ?? "")].join("|");
  return [v3, ["v2", ...common].join("|")];
}

/** Trimmed, with A–Z lowered and nothing else touched: what the reference client signs. */
function lowerAscii(value: string): string {
  return value.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
