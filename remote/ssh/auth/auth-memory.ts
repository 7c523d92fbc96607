import type { ParsedKey } from "ssh2";

/**
 * What a person has already answered for one connection, kept in this process only, so that a reconnect asks nothing twice.
 * Whoever owns the connection owns this, and forgets it with the connection.
 */
export class AuthMemory {
  readonly #keys = new Map<string, ParsedKey>();
  readonly #passwords = new Map<string, string>();
  readonly #hostKeys = new Set<string>();
  readonly #commands = new Set<string>();

  unlockedKey(path: string): ParsedKey | undefined {
    return this.#keys.get(path);
  }

  keepUnlockedKey(path: string, key: ParsedKey): void {
    this.#keys.set(path, key);
  }

  password(account: string): string | undefined {
    return this.#passwords.get(account);
  }

  /** Only for a password that has just been accepted. */
  keepPassword(account: string, password: string): void {
    this.#passwords.set(account, password);
  }

  dropPassword(account: string): void {
    this.#passwords.delete(account);
  }

  isTrustedOnce(place: string, fingerprint: string): boolean {
    return this.#hostKeys.has(`${place} ${fingerprint}`);
  }

  trustOnce(place: string, fingerprint: string): void {
    this.#hostKeys.add(`${place} ${fingerprint}`);
  }

  /** A command of ssh_config, as it would run. */
  isAllowed(command: string): boolean {
    return this.#commands.has(command);
  }

  allow(command: string): void {
    this.#commands.add(command);
  }

  clear(): void {
    this.#keys.clear();
    this.#passwords.clear();
    this.#hostKeys.clear();
    this.#commands.clear();
  }
}
