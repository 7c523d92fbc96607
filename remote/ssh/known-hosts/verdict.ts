import { keyTypeOf } from "../key-blob.ts";
import { type KnownHost, isAbout, knownHostName } from "./known-hosts-file.ts";

/** What the known hosts files say about a key that a host has shown. */
export type HostKeyVerdict =
  | { readonly kind: "known"; readonly entry: KnownHost }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed"; readonly entry: KnownHost }
  | { readonly kind: "revoked"; readonly entry: KnownHost };

export interface HostPlace {
  readonly host: string;
  readonly port: number;
  /** HostKeyAlias of ssh_config. */
  readonly alias: string | undefined;
}

/**
 * Judges as OpenSSH does: a revoked key is refused whatever else is known; the same key makes the host known; any other
 * plain key for this host means that the key has changed. `@cert-authority` lines vouch for certificates only, which the
 * system's ssh checks (see `certificateReason`), so they do not make a plain key known.
 */
export function judgeHostKey(entries: readonly KnownHost[], place: HostPlace, key: Buffer): HostKeyVerdict {
  const verdict = judgeName(entries, knownHostName(place.host, place.port, place.alias), key);
  if (verdict.kind !== "unknown" || place.port === 22 || place.alias !== undefined) return verdict;
  // A host that is known on port 22 with this very key needs no second question for another port.
  const plain = judgeName(entries, knownHostName(place.host, 22), key);
  return plain.kind === "known" || plain.kind === "revoked" ? plain : verdict;
}

function judgeName(entries: readonly KnownHost[], name: string, key: Buffer): HostKeyVerdict {
  const type = keyTypeOf(key);
  let same: KnownHost | undefined;
  let other: KnownHost | undefined;
  for (const entry of entries) {
    if (entry.marker === "cert-authority" || !isAbout(entry, name)) continue;
    const equal = entry.key.equals(key);
    if (entry.marker === "revoked") {
      if (equal) return { kind: "revoked", entry };
    } else if (equal) {
      same ??= entry;
    } else if (other === undefined || (other.keyType !== type && entry.keyType === type)) {
      other = entry;
    }
  }
  if (same !== undefined) return { kind: "known", entry: same };
  return other === undefined ? { kind: "unknown" } : { kind: "changed", entry: other };
}

/** The key types that are known for a host, so that they can be asked for first. */
export function knownKeyTypes(entries: readonly KnownHost[], place: HostPlace): ReadonlySet<string> {
  const typesOf = (name: string): Set<string> =>
    new Set(entries.filter((entry) => entry.marker === "none" && isAbout(entry, name)).map((entry) => entry.keyType));
  const types = typesOf(knownHostName(place.host, place.port, place.alias));
  if (types.size > 0 || place.port === 22 || place.alias !== undefined) return types;
  return typesOf(knownHostName(place.host, 22));
}
