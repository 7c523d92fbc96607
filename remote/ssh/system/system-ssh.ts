import type { AuthMemory } from "../auth/auth-memory.ts";

/** Which SSH client is used. `auto`: ours, and the system's for what ours cannot do. */
export type SshClientChoice = "built-in" | "system" | "auto";

export const SSH_CLIENT_CHOICES: readonly SshClientChoice[] = ["built-in", "system", "auto"];

/** A setting may hold anything; what is not a choice is the default. */
export const readSshClientChoice = (value: unknown): SshClientChoice =>
  SSH_CLIENT_CHOICES.find((choice) => choice === value) ?? "auto";

/** What a window knows of the system's `ssh`. */
export interface SystemSsh {
  readonly choice: () => SshClientChoice;
  /** The built askpass program; without it ssh can ask nobody. */
  readonly askpassFile: string | undefined;
  /** Instead of the person's and the system's ssh_config. */
  readonly configFile?: string;
  readonly memory: SystemSshMemory;
}

/** What has been found out and allowed, kept in this process only. */
export class SystemSshMemory {
  readonly #reasons = new Map<string, string>();
  readonly #allowed = new Set<string>();
  readonly #trusted = new WeakMap<AuthMemory, string>();

  /** Why the built-in client cannot sign in there; it is not tried again, which could lock the account. */
  reason(target: string): string | undefined {
    return this.#reasons.get(target);
  }

  keepReason(target: string, reason: string): void {
    this.#reasons.set(target, reason);
  }

  isAllowed(target: string, command: string): boolean {
    return this.#allowed.has(`${target} ${command}`);
  }

  allow(target: string, command: string): void {
    this.#allowed.add(`${target} ${command}`);
  }

  /** Lines of known_hosts that were trusted for one connection only. */
  trustedOnce(connection: AuthMemory): string {
    return this.#trusted.get(connection) ?? "";
  }

  trustOnce(connection: AuthMemory, lines: string): void {
    this.#trusted.set(connection, lines);
  }
}
