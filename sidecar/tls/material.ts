import { X509Certificate, createPrivateKey } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createSecureContext } from "node:tls";
import type { TlsConfig } from "../config/gateway-config.ts";
import { StartupError, errnoOf, reasonOf } from "../config/startup-error.ts";
import { createStateDir } from "../config/state-dir.ts";
import { writePrivateFile } from "../store/private-file.ts";
import { selfSigned } from "./self-signed.ts";

/** Where the certificate of a Gateway lies. */
export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}

/** What a TLS server needs, known to fit together. PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
  /** SHA-256 of the certificate, `AB:CD:…`: what clients pin. */
  readonly fingerprint: string;
  /** Milliseconds since the epoch. */
  readonly validTo: number;
}

/** The configured files, else a pair in the state directory (where OpenClaw has its own). */
export function tlsPaths(config: TlsConfig, stateDir: string): TlsPaths {
  const own = join(stateDir, "gateway", "tls");
  return {
    cert: config.certPath === undefined ? join(own, "gateway-cert.pem") : resolve(config.certPath),
    key: config.keyPath === undefined ? join(own, "gateway-key.pem") : resolve(config.keyPath),
    ca: config.caPath === undefined ? undefined : resolve(config.caPath),
  };
}

/**
 * The pair of the files; or, when neither of them is there and the config allows it, one that is made now and written
 * by `saveTls` later. Half a pair is left alone. Writes nothing.
 * @throws StartupError when there is no usable pair
 */
export function prepareTls(config: TlsConfig, paths: TlsPaths): TlsMaterial & { readonly isNew: boolean } {
  const isNew = config.autoGenerate && !existsSync(paths.cert) && !existsSync(paths.key);
  if (!isNew) return { ...loadTls(paths), isNew };
  const ca = paths.ca === undefined ? undefined : read(paths.ca, "CA bundle");
  return { ...checked({ ...selfSigned(ownNames()), ca }, paths), isNew };
}

/** Writes a pair that was made, readable by its owner only. @throws StartupError when it cannot be written */
export function saveTls({ cert, key }: TlsMaterial, paths: TlsPaths): void {
  try {
    createStateDir(dirname(paths.key));
    writePrivateFile(paths.key, key);
    createStateDir(dirname(paths.cert));
    writePrivateFile(paths.cert, cert);
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`The TLS certificate ${paths.cert} cannot be written (${reasonOf(error)}).`, {
      cause: error,
    });
  }
}

/** What this computer is called, here and in its networks. */
function ownNames(): readonly string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ scopeid }) => (scopeid ?? 0) === 0)
    .map(({ address }) => address);
  return [...new Set(["openclaw-sidecar", "localhost", hostname().toLowerCase(), "127.0.0.1", "::1", ...addresses])];
}

/**
 * Reads the files and checks that they belong together.
 * @throws StartupError with the file that is wrong; no part of a key is in it
 */
export function loadTls(paths: TlsPaths): TlsMaterial {
  const cert = read(paths.cert, "certificate");
  const key = read(paths.key, "key");
  const ca = paths.ca === undefined ? undefined : read(paths.ca, "CA bundle");
  return checked({ cert, key, ca }, paths);
}

function checked({ cert, key, ca }: Pick<TlsMaterial, "cert" | "key" | "ca">, paths: TlsPaths): TlsMaterial {
  const certificate = parse(paths.cert, "certificate", () => new X509Certificate(cert));
  const privateKey = parse(paths.key, "key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new StartupError(
      `The TLS key ${paths.key} does not belong to the certificate ${paths.cert}; put a pair there that belongs together.`,
    );
  }
  parse(paths.ca ?? paths.cert, "chain", () => createSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }) }));
  return { cert, key, ca, fingerprint: certificate.fingerprint256, validTo: Date.parse(certificate.validTo) };
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new StartupError(
      `The TLS ${what} ${path} cannot be read (${errnoOf(error) ?? reasonOf(error)}); check gateway.tls, or remove certificate and key to have a pair made.`,
      { cause: error },
    );
  }
}

function parse<T>(path: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new StartupError(`The TLS ${what} ${path} is not valid PEM (${errnoOf(error) ?? reasonOf(error)}).`, {
      cause: error,
    });
  }
}
