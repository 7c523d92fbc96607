import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
}

/** Makes a self-signed certificate (which is its own CA) with the openssl command: apt-get install -y openssl. */
export async function makeCertificate(names: readonly string[], options: { days?: number } = {}): Promise<Certificate> {
  const directory = await mkdtemp(join(tmpdir(), "openclaw-cert-"));
  try {
    const keyFile = join(directory, "key.pem");
    const certFile = join(directory, "cert.pem");
    const subject = ["-subj", `/CN=${names[0] ?? "test"}`, "-addext", `subjectAltName=${names.map(altName).join(",")}`];
    const algorithm = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const days = ["-days", String(options.days ?? 2)];
    await run("openssl", ["req", "-x509", ...algorithm, ...days, ...subject, "-keyout", keyFile, "-out", certFile]);
    const [key, cert] = await Promise.all([readFile(keyFile, "utf8"), readFile(certFile, "utf8")]);
    return { key, cert, fingerprint: new X509Certificate(cert).fingerprint256 };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const altName = (name: string): string => (/^[\d.]+$/.test(name) ? `IP:${name}` : `DNS:${name}`);
