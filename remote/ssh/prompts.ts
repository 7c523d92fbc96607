/**
 * What SSH may have to ask a person. Texts that come from a server are already made printable. `undefined` means that the
 * person cancelled, which cancels the whole connect; an empty passphrase passes over the key.
 */
export interface SshPrompts {
  hostKey(question: HostKeyQuestion, signal: AbortSignal): Promise<HostKeyAnswer>;
  passphrase(question: PassphraseQuestion, signal: AbortSignal): Promise<string | undefined>;
  password(question: PasswordQuestion, signal: AbortSignal): Promise<string | undefined>;
  /** One answer for each prompt, in order. */
  keyboardInteractive(question: KeyboardQuestion, signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Left out where nobody can be asked: then no such command ever runs. */
  proxyCommand?(question: ProxyCommandQuestion, signal: AbortSignal): Promise<"run" | "cancel">;
  /**
   * The server goes on once somebody has signed in on this page; `signal` ends the question then. Left out where nobody can
   * be asked.
   */
  webSignIn?(question: WebSignInQuestion, signal: AbortSignal): Promise<"over" | "cancel">;
}

export interface WebSignInQuestion {
  readonly user: string;
  readonly host: string;
  /** `https://…`, by the server's own word. */
  readonly page: string;
}

/** A command of ssh_config that would run on this computer. */
export interface ProxyCommandQuestion {
  readonly host: string;
  /** The whole of it, as the shell would get it. */
  readonly command: string;
  /** `path:line` */
  readonly savedIn: string;
}

export type HostKeyAnswer = "remember" | "once" | "cancel";

export interface HostKeyQuestion {
  readonly host: string;
  readonly port: number;
  /** As people call it: `ED25519`. */
  readonly keyType: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
  /** The file that "remember" writes to; undefined when ssh_config names none, so that only "once" is possible. */
  readonly savedIn: string | undefined;
}

export interface PassphraseQuestion {
  readonly user: string;
  readonly host: string;
  readonly keyFile: string;
  /** 1 for the first time, at most 3. */
  readonly attempt: number;
}

export interface PasswordQuestion {
  readonly user: string;
  readonly host: string;
  readonly attempt: number;
}

export interface KeyboardQuestion {
  readonly user: string;
  readonly host: string;
  readonly name: string;
  readonly instruction: string;
  readonly prompts: readonly { readonly text: string; readonly echo: boolean }[];
}
