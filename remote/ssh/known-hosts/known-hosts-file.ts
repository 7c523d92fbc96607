import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { codeOf } from "../../net/dial.ts";
import { keyTypeOf } from "../key-blob.ts";
import { matchesPatternList } from "../wildcard.ts";

/** One usable line of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export interface KnownHost {
  readonly marker: "none" | "revoked" | "cert-authority";
  /** The host field as it stands: a comma list of patterns, or one `|1|salt|hash`. */
  readonly hosts: string;
  readonly keyType: string;
  /** SSH wire format. */
  readonly key: Buffer;
  readonly savedIn: string;
}

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const LINE = /^(?:@(\S+)[ \t]+)?(\S+)[ \t]+([A-Za-z0-9@.-]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]|$)/;

/** Reads the lines that can be used. Like OpenSSH it passes over comments and what it cannot understand. */
export function parseKnownHosts(text: string, path: string): readonly KnownHost[] {
  const entries: KnownHost[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, marker = "none", hosts, keyType, base64] = LINE.exec(line) ?? [];
    if (hosts === undefined || keyType === undefined || base64 === undefined) continue;
    if (marker !== "none" && marker !== "revoked" && marker !== "cert-authority") continue;
    const key = Buffer.from(base64, "base64");
    if (keyTypeOf(key) !== keyType) continue;
    entries.push({ marker, hosts, keyType, key, savedIn: `${path}:${index + 1}` });
  }
  return entries;
}

/** Reads several files one after another; one that does not exist is empty. @throws ConnectError KNOWN_HOSTS_UNREADABLE */
export async function readKnownHosts(paths: readonly string[]): Promise<readonly KnownHost[]> {
  const entries: KnownHost[] = [];
  for (const path of paths) entries.push(...parseKnownHosts(await readText(path), path));
  return entries;
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path, "r");
    try {
      const { size } = await file.stat();
      if (size > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    const why = code ?? (error instanceof Error ? error.message : String(error));
    const detail = `${path}: ${why}`;
    throw new ConnectError("KNOWN_HOSTS_UNREADABLE", `The known hosts file ${path} cannot be read (${why}).`, {
      step: "host-key",
      facts: [
        { label: "savedIn", value: path },
        { label: "detail", value: detail },
      ],
      cause: error,
    });
  }
}

/** The name a host is filed under: the alias, the bare host on port 22, else `[host]:port`. Lower case. */
export function knownHostName(host: string, port: number, alias?: string): string {
  if (alias !== undefined) return alias.toLowerCase();
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/** True when a line is about this host. `name` comes from `knownHostName`. */
export function isAbout(entry: KnownHost, name: string): boolean {
  if (!entry.hosts.startsWith("|")) return matchesPatternList(name, entry.hosts.toLowerCase().split(","));
  const [, version, salt, hash] = entry.hosts.split("|");
  if (version !== "1" || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, "base64");
  const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** True when a line names this host and says nothing about others: no pattern. */
export function isOnlyAbout(entry: KnownHost, name: string): boolean {
  return isAbout(entry, name) && !/[*?!]/.test(entry.hosts);
}

function hashedName(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

/**
 * Adds one key with a single appending write, so that another ssh writing at the same time loses nothing; one that stands
 * there by now (another window has asked too) is not written twice. Makes the
 * directory (0700) and the file (0600) when they are missing, and leaves the modes of existing ones alone.
 * @throws ConnectError KNOWN_HOSTS_UNREADABLE when it cannot be written
 */
export async function appendKnownHost(
  path: string,
  host: { name: string; key: Buffer; style: "plain" | "hashed" },
): Promise<void> {
  const type = keyTypeOf(host.key);
  if (type === undefined) throw new TypeError("not an SSH public key");
  const field = host.style === "hashed" ? hashedName(host.name) : host.name;
  const line = `${field} ${type} ${host.key.toString("base64")}\n`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, 0o600);
    try {
      const { size } = await file.stat();
      const text = size > MAX_FILE_BYTES ? "" : await file.readFile("utf8");
      const isThere = (entry: KnownHost): boolean =>
        entry.marker === "none" && isOnlyAbout(entry, host.name) && entry.key.equals(host.key);
      if (parseKnownHosts(text, path).some(isThere)) return;
      await file.writeFile(text === "" || text.endsWith("\n") ? line : `\n${line}`);
    } finally {
      await file.close();
    }
  } catch (error) {
    const why = codeOf(error) ?? String(error);
    const detail = `${path}: ${why}`;
    throw new ConnectError("KNOWN_HOSTS_UNREADABLE", `The host key could not be saved in ${path} (${why}).`, {
      step: "host-key",
      facts: [
        { label: "savedIn", value: path },
        { label: "detail", value: detail },
      ],
      cause: error,
    });
  }
}
