import { getCiphers } from "node:crypto";
import type { Algorithms, CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from "ssh2";
import { configFault } from "../config/config-fault.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import { matchesWildcard } from "../wildcard.ts";

/** Best first. Nothing with SHA-1 signatures, CBC or MD5: OpenSSH does not offer them by itself either. */
const KEX = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group-exchange-sha256",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group18-sha512",
  "diffie-hellman-group14-sha256",
] as const satisfies readonly KexAlgorithm[];

/** AES-GCM costs ssh2 the least (one pass, and the CPU helps). */
const CIPHERS = [
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "chacha20-poly1305@openssh.com",
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
] as const satisfies readonly CipherAlgorithm[];

const MACS = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512",
] as const satisfies readonly MacAlgorithm[];

const HOST_KEYS = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const satisfies readonly ServerHostKeyAlgorithm[];

/**
 * The algorithms to offer: ours, as ssh_config narrows or reorders them, and host key types that are already known first, so
 * that a server with several keys shows the one that we can check.
 * @throws ConnectError SSH_CONFIG_INVALID when a list of ssh_config leaves nothing that is supported
 */
export function algorithmsFor(config: SshHostConfig, knownTypes: ReadonlySet<string>): Algorithms {
  const { kex, ciphers, macs, hostKeys } = config.algorithms;
  // Electron's crypto lacks some ciphers that Node has, and ssh2 throws on one that it cannot do.
  const available = new Set(getCiphers());
  const usable = CIPHERS.filter((name) =>
    available.has(name === "chacha20-poly1305@openssh.com" ? "chacha20" : opensslName(name)),
  );
  const keys = narrowed(HOST_KEYS, hostKeys, "HostKeyAlgorithms");
  return {
    kex: narrowed(KEX, kex, "KexAlgorithms"),
    cipher: narrowed(usable, ciphers, "Ciphers"),
    hmac: narrowed(MACS, macs, "MACs"),
    serverHostKey: hostKeys === undefined || /^[+-]/.test(hostKeys) ? knownFirst(keys, knownTypes) : keys,
    compress: ["none"],
  };
}

const opensslName = (cipher: string): string => cipher.replace(/^aes(\d+)-(gcm|ctr).*$/, "aes-$1-$2");

/** Applies a list of ssh_config: plain replaces, `+` appends, `-` removes, `^` puts first. Unsupported names fall out. */
function narrowed<T extends string>(ours: readonly T[], spec: string | undefined, keyword: string): T[] {
  if (spec === undefined) return [...ours];
  const mode = /^[+^-]/.exec(spec)?.[0];
  const patterns = (mode === undefined ? spec : spec.slice(1)).split(",").map((pattern) => pattern.trim());
  const named = patterns.flatMap((pattern) => ours.filter((name) => matchesWildcard(name, pattern)));
  const rest = ours.filter((name) => !named.includes(name));
  const list = mode === "+" ? [...ours] : mode === "-" ? rest : mode === "^" ? [...named, ...rest] : named;
  if (list.length === 0) throw configFault("ssh_config", `${keyword} ${spec} leaves nothing that is supported here`);
  return [...new Set(list)];
}

function knownFirst(
  algorithms: readonly ServerHostKeyAlgorithm[],
  known: ReadonlySet<string>,
): ServerHostKeyAlgorithm[] {
  const isKnown = (name: string): boolean => known.has(name.startsWith("rsa-sha2-") ? "ssh-rsa" : name);
  return [...algorithms.filter(isKnown), ...algorithms.filter((name) => !isKnown(name))];
}
