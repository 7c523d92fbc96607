import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP, isIPv4 } from "node:net";
import { bits, explicit, flag, implicit, integer, octets, oid, sequence, set, time, utf8 } from "./der.ts";

const OID = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

const DAY_MS = 86_400_000;
/** As long as OpenClaw's own: clients pin it, so a new one is work for a person. */
const LIFETIME_DAYS = 3_650;

export interface KeyPair {
  /** PEM */
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes a key (P-256) and a certificate for it that is signed with itself. Node makes keys and signatures but no
 * certificates; what is missing is only how they are written down (RFC 5280), which is less than any library for it
 * and, unlike the openssl command, there on every host.
 * @param names host names and IP addresses that it is good for; the first is also its common name
 */
export function selfSigned(names: readonly string[], now: Date = new Date()): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const subject = sequence(set(sequence(oid(OID.commonName), utf8(names[0] ?? "openclaw-sidecar"))));
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    algorithm,
    subject,
    sequence(time(new Date(now.getTime() - DAY_MS)), time(new Date(now.getTime() + LIFETIME_DAYS * DAY_MS))),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, extensions(names)),
  );
  const certificate = sequence(toBeSigned, algorithm, bits(sign("sha256", toBeSigned, privateKey)));
  return {
    cert: pem("CERTIFICATE", certificate),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** 127 random bits, never 0 and never negative. */
function serialNumber(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01;
  return serial;
}

function extensions(names: readonly string[]): Buffer {
  const digitalSignature = bits(Buffer.from([0x80]), 7);
  const isNoAuthority = sequence();
  return sequence(
    extension(OID.basicConstraints, isNoAuthority, "critical"),
    extension(OID.keyUsage, digitalSignature, "critical"),
    extension(OID.extendedKeyUsage, sequence(oid(OID.serverAuth))),
    extension(OID.subjectAltName, sequence(...names.map(generalName))),
  );
}

function extension(id: string, value: Uint8Array, weight?: "critical"): Buffer {
  return sequence(oid(id), ...(weight === undefined ? [] : [flag(true)]), octets(value));
}

/** `dNSName [2]` or `iPAddress [7]`. */
function generalName(name: string): Buffer {
  return isIP(name) === 0 ? implicit(2, Buffer.from(name, "ascii")) : implicit(7, addressBytes(name));
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail] = address.split("::");
  const groups = (part: string | undefined): string[] => (part === undefined || part === "" ? [] : part.split(":"));
  const [left, right] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => "0");
  return Buffer.from(
    [...left, ...zeros, ...right].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]),
  );
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
