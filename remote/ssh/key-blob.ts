import { createHash } from "node:crypto";

/** The type name that a public key in SSH wire format starts with (RFC 4253, 6.6); undefined when it is malformed. */
export function keyTypeOf(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || 4 + length > blob.length) return undefined;
  const type = blob.toString("latin1", 4, 4 + length);
  return /^[a-z0-9@.-]+$/i.test(type) ? type : undefined;
}

/** The fingerprint as `ssh-keygen -l` prints it: `SHA256:` and unpadded base64. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

/** How people call a key type: `ED25519`, `ECDSA`, `RSA`. */
export function keyTypeLabel(type: string): string {
  if (type.startsWith("ssh-ed25519")) return "ED25519";
  if (type.startsWith("ecdsa-sha2-")) return "ECDSA";
  if (type === "ssh-rsa" || type.startsWith("rsa-sha2-")) return "RSA";
  return type;
}
