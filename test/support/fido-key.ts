/** SSH wire format of a string (RFC 4251, 5). */
function string(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The private key file of a FIDO token that does not exist: an agent takes it, and nobody can sign with it (PROTOCOL.u2f). */
export function fidoKeyFile(): string {
  const type = string("sk-ssh-ed25519@openssh.com");
  const [point, application] = [string(Buffer.alloc(32, 7)), string("ssh:")];
  const handle = [Buffer.from([1]), string("a handle"), string("")];
  const check = Buffer.alloc(8, 1);
  const inner = Buffer.concat([check, type, point, application, ...handle, string("test")]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_byte, index) => index + 1));
  const publicKey = string(Buffer.concat([type, point, application]));
  const head = [Buffer.from("openssh-key-v1\0"), string("none"), string("none"), string(""), Buffer.from([0, 0, 0, 1])];
  const body = Buffer.concat([...head, publicKey, string(Buffer.concat([inner, padding]))]).toString("base64");
  const lines = body.match(/.{1,70}/g) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join("\n");
}
