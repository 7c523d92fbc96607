import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

/** What a device signs; the fields of the `v3` payload in their order. */
export interface DeviceProof {
  readonly clientId: string;
  readonly clientMode: string;
  readonly role: string;
  readonly scopes: readonly string[];
  readonly signedAt: number;
  readonly token: string;
  readonly nonce: string;
  readonly platform: string;
  readonly deviceFamily: string;
}

const normalized = (text: string): string => text.trim().toLowerCase();

/** An Ed25519 device made for a test, written independently of the product's own. */
export class TestIdentity {
  readonly id: string;
  readonly publicKey: string;
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
    this.#privateKey = privateKey;
    this.publicKey = raw.toString("base64url");
    this.id = createHash("sha256").update(raw).digest("hex");
  }

  sign(version: "v2" | "v3", proof: DeviceProof): string {
    const common = [version, this.id, proof.clientId, proof.clientMode, proof.role, proof.scopes.join(",")];
    const fields = [...common, String(proof.signedAt), proof.token, proof.nonce];
    const payload = version === "v3" ? [...fields, normalized(proof.platform), normalized(proof.deviceFamily)] : fields;
    return sign(null, Buffer.from(payload.join("|"), "utf8"), this.#privateKey).toString("base64url");
  }
}
