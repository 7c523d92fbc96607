import { execFileSync } from "node:child_process";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { integer, oid, sequence, time, utf8 } from "../../../sidecar/tls/der.ts";
import { loadTls, prepareTls, saveTls, tlsPaths } from "../../../sidecar/tls/material.ts";
import { selfSigned } from "../../../sidecar/tls/self-signed.ts";

const DAY_MS = 86_400_000;
const NAMES = ["gateway.example", "localhost", "192.0.2.7", "::1", "2001:db8::5:0:1", "fe80::1", "1::"];
const hex = (bytes: Buffer): string => bytes.toString("hex");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tls-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a certificate that the sidecar makes", () => {
  it("is one for Node: for its names and no other, signed with its own key, for ten years", () => {
    const now = new Date();
    const { cert, key } = selfSigned(NAMES, now);
    const certificate = new X509Certificate(cert);
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkHost("gateway.example")).toBe("gateway.example");
    expect(certificate.checkHost("other.example")).toBeUndefined();
    for (const address of NAMES.slice(2)) expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkIP("192.0.2.8")).toBeUndefined();
    expect(certificate.ca).toBe(false);
    expect(certificate.subject).toBe("CN=gateway.example");
    expect(Math.abs(Date.parse(certificate.validFrom) - (now.getTime() - DAY_MS))).toBeLessThan(1_000);
    expect(Math.abs(Date.parse(certificate.validTo) - (now.getTime() + 3_650 * DAY_MS))).toBeLessThan(1_000);
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  });

  it("is one for OpenSSL too, for a server and for nothing else, and written in the one way that DER allows", () => {
    const { cert } = selfSigned(NAMES);
    const path = join(folder, "cert.pem");
    writeFileSync(path, cert);
    const verified = execFileSync("openssl", [
      "verify",
      "-CAfile",
      path,
      "-purpose",
      "sslserver",
      "-verify_ip",
      "2001:db8::5:0:1",
      path,
    ]);
    expect(verified.toString()).toContain("OK");
    const text = execFileSync("openssl", ["x509", "-in", path, "-noout", "-text"]).toString();
    expect(text).toMatch(/Version: 3 .*Serial Number:\s+[0-9a-f]{2}:.*ecdsa-with-SHA256.*NIST CURVE: P-256/s);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE\s+X509v3 Key Usage: critical\s+Digital Signature/);
    const der = execFileSync("openssl", ["x509", "-in", path, "-outform", "der"]);
    expect(hex(der)).toBe(hex(new X509Certificate(cert).raw));
  });

  it("is another one every time", () => {
    const [a, b] = [selfSigned(NAMES), selfSigned(NAMES)].map(({ cert }) => new X509Certificate(cert));
    expect(a?.serialNumber).not.toBe(b?.serialNumber);
    expect(a?.fingerprint256).not.toBe(b?.fingerprint256);
  });

  it("has a date that is read right on either side of 2050", () => {
    for (const year of [2030, 2039, 2040, 2060]) {
      const now = new Date(Date.UTC(year, 0, 2, 3, 4, 5));
      const { validFrom, validTo } = new X509Certificate(selfSigned(["x"], now).cert);
      expect(Date.parse(validFrom)).toBe(now.getTime() - DAY_MS);
      expect(Date.parse(validTo)).toBe(now.getTime() + 3_650 * DAY_MS);
    }
  });
});

describe("DER", () => {
  it.each([
    [hex(oid("1.2.840.10045.4.3.2")), "06082a8648ce3d040302"],
    [hex(oid("2.5.29.17")), "0603551d11"],
    [hex(integer(Buffer.from([0x7f]))), "02017f"],
    [hex(integer(Buffer.from([0x80]))), "02020080"],
    [hex(utf8("x".repeat(127))).slice(0, 4), "0c7f"],
    [hex(utf8("x".repeat(128))).slice(0, 6), "0c8180"],
    [hex(utf8("x".repeat(300))).slice(0, 8), "0c82012c"],
    [hex(sequence()), "3000"],
    [time(new Date("2049-12-31T23:59:59.999Z")).toString("latin1"), "\x17\x0d491231235959Z"],
    [time(new Date("2050-01-01T00:00:00Z")).toString("latin1"), "\x18\x0f20500101000000Z"],
  ])("is written as X.690 has it: %s", (written, expected) => expect(written).toBe(expected));
});

describe("the files", () => {
  const config = { autoGenerate: true, certPath: undefined, keyPath: undefined, caPath: undefined };

  it("are made when there are none, for their owner only, and are the same at the next start", () => {
    const paths = tlsPaths(config, folder);
    const made = prepareTls(config, paths);
    expect(made.isNew).toBe(true);
    expect(() => statSync(paths.cert)).toThrow(/ENOENT/);
    saveTls(made, paths);
    expect([statSync(paths.cert), statSync(paths.key)].map(({ mode }) => mode & 0o777)).toEqual([0o600, 0o600]);
    const again = prepareTls(config, paths);
    expect(again).toMatchObject({ isNew: false, fingerprint: made.fingerprint });
    expect(made.fingerprint).toMatch(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it("are left alone when half of them is there, or when the config wants none made", () => {
    const paths = tlsPaths(config, folder);
    saveTls(prepareTls(config, paths), paths);
    rmSync(paths.key);
    expect(() => prepareTls(config, paths)).toThrow(/The TLS key .*gateway-key\.pem cannot be read \(ENOENT\)/);
    const none = { ...config, autoGenerate: false, certPath: join(folder, "c.pem"), keyPath: join(folder, "k.pem") };
    expect(() => prepareTls(none, tlsPaths(none, folder))).toThrow(/certificate .*c\.pem cannot be read/);
  });

  it("that do not belong together, or are no PEM, are refused, and the key is in no sentence", () => {
    const paths = { cert: join(folder, "c.pem"), key: join(folder, "k.pem"), ca: undefined };
    const [one, other] = [selfSigned(["a"]), selfSigned(["a"])];
    writeFileSync(paths.cert, one.cert);
    writeFileSync(paths.key, other.key);
    expect(() => loadTls(paths)).toThrow(/does not belong to the certificate/);
    writeFileSync(paths.key, one.key.slice(0, 80));
    expect(() => loadTls(paths)).toThrow(/The TLS key .*k\.pem is not valid PEM/);
    writeFileSync(paths.cert, "nonsense");
    expect(() => loadTls(paths)).toThrow(/The TLS certificate .*c\.pem is not valid PEM/);
    expect(() => loadTls({ ...paths, ca: join(folder, "none.pem") })).toThrow(/CA bundle .*none\.pem cannot be read/);
  });
});
