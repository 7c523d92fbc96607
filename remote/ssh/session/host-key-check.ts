import { CancelledError, ConnectError, type Fact } from "../../../protocol/errors/connect-error.ts";
import { hostPort } from "../../target/host.ts";
import type { AuthMemory } from "../auth/auth-memory.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import { fingerprintOf, keyTypeLabel, keyTypeOf } from "../key-blob.ts";
import {
  type KnownHost,
  appendKnownHost,
  isOnlyAbout,
  knownHostName,
  readKnownHosts,
} from "../known-hosts/known-hosts-file.ts";
import { judgeHostKey, knownKeyTypes } from "../known-hosts/verdict.ts";
import type { SshPrompts } from "../prompts.ts";

export interface HostKeyContext {
  readonly config: SshHostConfig;
  readonly prompts: SshPrompts;
  readonly memory: AuthMemory;
  readonly interactive: boolean;
  readonly signal: AbortSignal;
  readonly whileAsking: <T>(ask: () => Promise<T>) => Promise<T>;
}

/**
 * Decides about one host's key, and remembers it once the server has proved that it holds it. A rekey must show the same
 * key again.
 */
export class HostKeyCheck {
  readonly #context: HostKeyContext;
  readonly #entries: readonly KnownHost[];
  #accepted: Buffer | undefined;
  #evidence = "";
  #toRemember: Buffer | undefined;

  private constructor(context: HostKeyContext, entries: readonly KnownHost[]) {
    this.#context = context;
    this.#entries = entries;
  }

  /** Reads the known hosts files first, so that an unreadable one stops everything. @throws ConnectError KNOWN_HOSTS_UNREADABLE */
  static async prepare(context: HostKeyContext): Promise<HostKeyCheck> {
    const { userKnownHostsFiles, globalKnownHostsFiles } = context.config;
    return new HostKeyCheck(context, await readKnownHosts([...userKnownHostsFiles, ...globalKnownHostsFiles]));
  }

  get knownTypes(): ReadonlySet<string> {
    return knownKeyTypes(this.#entries, this.#place);
  }

  /** One short fact for the ladder: `ED25519, known`. */
  get evidence(): string {
    return this.#evidence;
  }

  /**
   * True when the key was accepted before, as in every later key exchange; else resolves when it may be used. Rejects with
   * ConnectError HOST_KEY_UNKNOWN, HOST_KEY_CHANGED, HOST_KEY_REVOKED or with CancelledError.
   */
  check(key: Buffer): true | Promise<void> {
    return this.#accepted?.equals(key) === true ? true : this.#judge(key);
  }

  async #judge(key: Buffer): Promise<void> {
    if (this.#accepted !== undefined)
      throw this.#error("HOST_KEY_CHANGED", key, "showed another key in the middle of the connection");
    const verdict = judgeHostKey(this.#entries, this.#place, key);
    switch (verdict.kind) {
      case "known":
        this.#evidence = `${labelOf(key)}, known`;
        break;
      case "revoked":
        throw this.#error("HOST_KEY_REVOKED", key, "shows a key that is marked as revoked", verdict.entry);
      case "changed":
        throw this.#error("HOST_KEY_CHANGED", key, "shows another key than the one that is known", verdict.entry);
      case "unknown":
        await this.#ask(key);
    }
    this.#accepted = key;
  }

  /**
   * Called after the key exchange, when the signature has shown that the server holds the key: only then is it written down.
   * @throws ConnectError KNOWN_HOSTS_UNREADABLE
   */
  async remember(): Promise<void> {
    const key = this.#toRemember;
    this.#toRemember = undefined;
    const [path] = this.#context.config.userKnownHostsFiles;
    if (key === undefined || path === undefined) return;
    // Another window may have asked and written at the same time.
    const now = judgeHostKey(await readKnownHosts([path]), this.#place, key);
    if (now.kind !== "unknown") return;
    const { host, port, alias } = this.#place;
    const style = this.#context.config.hashKnownHosts ? "hashed" : "plain";
    await appendKnownHost(path, { name: knownHostName(host, port, alias), key, style });
  }

  /**
   * Writes down further keys that this server has proved to hold (UpdateHostKeys): it may change to one of them later. Only for
   * a host that the person's own known_hosts names by the accepted key, and only together with that key. Best effort.
   */
  async learn(proved: readonly Buffer[]): Promise<void> {
    const accepted = this.#accepted;
    const { updateHostKeys, userKnownHostsFiles, hashKnownHosts } = this.#context.config;
    const [path] = userKnownHostsFiles;
    if (!updateHostKeys || path === undefined || accepted === undefined) return;
    if (proved.length > MAX_PROVED || !proved.some((key) => key.equals(accepted))) return;
    const { host, port, alias } = this.#place;
    const name = knownHostName(host, port, alias);
    const known = (await readKnownHosts([path])).filter((entry) => entry.marker !== "cert-authority");
    if (!known.some((entry) => entry.key.equals(accepted) && entry.marker === "none" && isOnlyAbout(entry, name)))
      return;
    for (const key of proved) {
      // Also one that is revoked for this host, or for any, is there already.
      if (known.some((entry) => entry.key.equals(key))) continue;
      await appendKnownHost(path, { name, key, style: hashKnownHosts ? "hashed" : "plain" });
    }
  }

  get #place(): { host: string; port: number; alias: string | undefined } {
    const { hostName, port, hostKeyAlias } = this.#context.config;
    return { host: hostName, port, alias: hostKeyAlias };
  }

  async #ask(key: Buffer): Promise<void> {
    const { config, prompts, memory, interactive, signal, whileAsking } = this.#context;
    const place = hostPort(config.hostName, config.port);
    const fingerprint = fingerprintOf(key);
    this.#evidence = `${labelOf(key)}, trusted once`;
    if (memory.isTrustedOnce(place, fingerprint)) return;
    if (config.unknownHostKey === "refuse" || !interactive)
      throw this.#error("HOST_KEY_UNKNOWN", key, "is not known yet");
    const question = {
      host: config.hostName,
      port: config.port,
      keyType: labelOf(key),
      fingerprint,
      savedIn: config.userKnownHostsFiles[0],
    };
    const answer = await whileAsking(() => prompts.hostKey(question, signal));
    if (answer === "cancel") throw new CancelledError();
    if (answer === "remember") {
      this.#evidence = `${labelOf(key)}, now known`;
      this.#toRemember = key;
    }
    memory.trustOnce(place, fingerprint);
  }

  #error(
    code: "HOST_KEY_UNKNOWN" | "HOST_KEY_CHANGED" | "HOST_KEY_REVOKED",
    key: Buffer,
    words: string,
    entry?: KnownHost,
  ): ConnectError {
    const { hostName, port } = this.#context.config;
    const now = fingerprintOf(key);
    const facts: Fact[] = [
      { label: "host", value: hostName },
      { label: "port", value: String(port) },
      { label: "keyType", value: labelOf(key) },
    ];
    if (entry !== undefined && code === "HOST_KEY_CHANGED")
      facts.push({ label: "known", value: fingerprintOf(entry.key) });
    facts.push({ label: "now", value: now });
    if (entry !== undefined) facts.push({ label: "savedIn", value: entry.savedIn });
    const where = entry === undefined ? "" : ` (${entry.savedIn})`;
    const place = hostPort(hostName, port);
    return new ConnectError(code, `${place} ${words}: ${labelOf(key)} ${now}${where}.`, { step: "host-key", facts });
  }
}

/** More than any server has. */
const MAX_PROVED = 16;

const labelOf = (key: Buffer): string => keyTypeLabel(keyTypeOf(key) ?? "unknown");
