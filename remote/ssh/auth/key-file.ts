import { open } from "node:fs/promises";
import ssh2, { type ParsedKey } from "ssh2";
import { codeOf } from "../../net/dial.ts";
import { keyTypeOf } from "../key-blob.ts";

/** A private key file, as far as it can be known without its passphrase. */
export type KeyFile =
  | { readonly kind: "ready"; readonly path: string; readonly key: ParsedKey }
  | {
      readonly kind: "locked";
      readonly path: string;
      /** SSH wire format; undefined when neither a `.pub` file nor the key's header tells. */
      readonly publicBlob: Buffer | undefined;
      readonly text: string;
    }
  | { readonly kind: "missing"; readonly path: string }
  | { readonly kind: "unreadable"; readonly path: string; readonly why: string };

const MAX_KEY_BYTES = 64 * 1024;

/**
 * Reads a private key file. Like OpenSSH it refuses one of this user that others can read. Never throws.
 */
export async function readKeyFile(path: string): Promise<KeyFile> {
  let text: string;
  try {
    text = await readPrivate(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing", path };
    return { kind: "unreadable", path, why: code ?? (error instanceof Error ? error.message : String(error)) };
  }
  const parsed = unlockKey(text, undefined);
  if (parsed.kind === "key") return { kind: "ready", path, key: parsed.key };
  if (parsed.kind === "bad") return { kind: "unreadable", path, why: parsed.why };
  return { kind: "locked", path, text, publicBlob: (await readPublicBlob(`${path}.pub`)) ?? headerPublicBlob(text) };
}

export type Unlocked =
  | { readonly kind: "key"; readonly key: ParsedKey }
  | { readonly kind: "needs-passphrase" }
  | { readonly kind: "bad"; readonly why: string };

/** Parses a private key. A wrong passphrase is `needs-passphrase` again. */
export function unlockKey(text: string, passphrase: string | undefined): Unlocked {
  const parsed: unknown = ssh2.utils.parseKey(text, passphrase);
  const first: unknown = Array.isArray(parsed) ? parsed[0] : parsed;
  if (first instanceof Error) {
    if (/no passphrase given|bad passphrase/i.test(first.message)) return { kind: "needs-passphrase" };
    return { kind: "bad", why: first.message };
  }
  if (!isParsedKey(first)) return { kind: "bad", why: "the format is not known" };
  return first.isPrivateKey() ? { kind: "key", key: first } : { kind: "bad", why: "it is a public key" };
}

/** Parses what an agent or a `.pub` file holds; undefined for kinds that ssh2 does not know (FIDO keys, certificates). */
export function parsePublicKey(data: Buffer | string): ParsedKey | undefined {
  const parsed: unknown = ssh2.utils.parseKey(data);
  return isParsedKey(parsed) ? parsed : undefined;
}

function isParsedKey(value: unknown): value is ParsedKey {
  return (
    typeof value === "object" &&
    value !== null &&
    !(value instanceof Error) &&
    "getPublicSSH" in value &&
    "isPrivateKey" in value
  );
}

async function readPrivate(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size, mode, uid } = await file.stat();
    if (size > MAX_KEY_BYTES) throw new Error(`it is larger than ${MAX_KEY_BYTES} bytes`);
    const isOurs = typeof process.getuid === "function" && process.getuid() === uid;
    if (isOurs && (mode & 0o077) !== 0) {
      throw new Error(`its mode ${(mode & 0o777).toString(8)} lets others read it; run chmod 600`);
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

async function readPublicBlob(path: string): Promise<Buffer | undefined> {
  try {
    const file = await open(path, "r");
    try {
      if ((await file.stat()).size > MAX_KEY_BYTES) return undefined;
      return parsePublicKey(await file.readFile("utf8"))?.getPublicSSH();
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

const MAGIC = Buffer.from("openssh-key-v1\0", "latin1");

/** The public half stands in clear in OpenSSH's own format (PROTOCOL.key), also when the private half is encrypted. */
function headerPublicBlob(text: string): Buffer | undefined {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  const data = Buffer.from(base64 ?? "", "base64");
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  let at = MAGIC.length;
  const readString = (): Buffer | undefined => {
    if (at + 4 > data.length) return undefined;
    const end = at + 4 + data.readUInt32BE(at);
    const value = end <= data.length ? data.subarray(at + 4, end) : undefined;
    at = end;
    return value;
  };
  const header = [readString(), readString(), readString()]; // cipher, kdf, kdf options
  if (header.includes(undefined)) return undefined;
  at += 4;
  const blob = readString();
  return blob !== undefined && keyTypeOf(blob) !== undefined ? blob : undefined;
}
