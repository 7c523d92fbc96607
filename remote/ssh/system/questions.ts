import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import type { LadderReporter } from "../../../protocol/ladder/steps.ts";
import { printable, printableLines } from "../../target/printable.ts";
import type { AuthMemory } from "../auth/auth-memory.ts";
import type { HostKeyAnswer, SshPrompts } from "../prompts.ts";
import type { AskpassQuestion } from "./askpass-desk.ts";
import type { ResolvedHost } from "./resolve-host.ts";

export interface QuestionContext {
  readonly host: ResolvedHost;
  readonly prompts: SshPrompts;
  readonly memory: AuthMemory;
  readonly interactive: boolean;
  readonly ladder: LadderReporter;
  readonly signal: AbortSignal;
  readonly whileAsking: <T>(ask: () => Promise<T>) => Promise<T>;
  /** A person has cancelled a question, which cancels the whole connect. */
  readonly onCancel: (error: CancelledError) => void;
}

/** A hostile server may ask for ever; a real one needs two or three rounds. */
const MAX_QUESTIONS = 10;

/** Turns the prompts of ssh into the questions of the product. Whatever is asked twice in the same words is not asked again. */
export class SshQuestions {
  readonly #context: QuestionContext;
  readonly #asked = new Set<string>();
  readonly needsPerson: string[] = [];
  #rounds = 0;
  #hostKey: HostKeyAnswer | undefined;
  #password: string | undefined;

  constructor(context: QuestionContext) {
    this.#context = context;
  }

  /** What the person wants to do with the new host key; undefined when ssh has not asked. */
  get hostKey(): HostKeyAnswer | undefined {
    return this.#hostKey;
  }

  /** The password that was given to the host itself. */
  get password(): string | undefined {
    return this.#password;
  }

  readonly answer = async ({ prompt, isNotice }: AskpassQuestion, gone: AbortSignal): Promise<string | undefined> => {
    const { whileAsking, ladder, signal, onCancel, interactive } = this.#context;
    if (isNotice) {
      ladder.start("ssh-auth", printable(prompt, 120));
      // ssh ends the notice once the key has been touched.
      await whileAsking(() => new Promise((resolve) => gone.addEventListener("abort", resolve, { once: true })));
      return undefined;
    }
    const kept = this.#keptPassword(prompt);
    if (kept !== undefined) return kept;
    if (!interactive) {
      this.needsPerson.push(printable(prompt.trim(), 100));
      return undefined;
    }
    if (this.#rounds++ >= MAX_QUESTIONS) return undefined;
    const either = AbortSignal.any([signal, gone]);
    try {
      return await whileAsking(() => this.#ask(prompt, either));
    } catch (error) {
      if (error instanceof CancelledError) onCancel(error);
      throw error;
    }
  };

  async #ask(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    const { host, prompts } = this.#context;
    const hostKey = hostKeyIn(prompt);
    if (hostKey !== undefined) return this.#askHostKey(hostKey, signal);
    const keyFile = /^Enter passphrase for (?:key )?'?(.+?)'?: ?$/.exec(prompt)?.[1];
    const [, user, asker] = /^([^()\s]+)@(\S+)'s password: $/.exec(prompt) ?? [];
    const isSecret = keyFile !== undefined || user !== undefined;
    if (isSecret && this.#asked.has(prompt)) return undefined;
    this.#asked.add(prompt);
    if (keyFile !== undefined) {
      const question = { user: host.user, host: host.hostName, keyFile: printable(keyFile, 400), attempt: 1 };
      return given(await prompts.passphrase(question, signal));
    }
    if (user !== undefined && asker !== undefined) {
      const question = { user: printable(user), host: printable(asker), attempt: 1 };
      const password = given(await prompts.password(question, signal));
      if (this.#isOwn(prompt)) this.#password = password;
      return password;
    }
    const asked = [{ text: printableLines(prompt), echo: false }];
    const question = { user: host.user, host: host.hostName, name: "", instruction: "", prompts: asked };
    const answer = given((await prompts.keyboardInteractive(question, signal))?.[0]);
    // A host that asks for more than the password would ask for that again.
    this.#password = this.#isOwn(prompt) ? answer : undefined;
    return answer;
  }

  async #askHostKey(key: { host: string; keyType: string; fingerprint: string }, signal: AbortSignal): Promise<string> {
    const { host, prompts } = this.#context;
    const goal = host.hostKeyAlias ?? host.hostName;
    // The key of a jump host is ssh's own to keep: "once" could not be promised.
    if (![goal, `[${goal}]:${host.port}`].includes(key.host)) return "no";
    const { keyType, fingerprint } = key;
    const savedIn = host.knownHosts?.[0];
    const question = { host: host.hostName, port: host.port, keyType, fingerprint, savedIn };
    this.#hostKey = await prompts.hostKey(question, signal);
    if (this.#hostKey === "cancel") throw new CancelledError();
    return "yes";
  }

  /** The host's own password prompt, ssh's or PAM's. Through a jump host another one could ask in the same words. */
  #isOwn(prompt: string): boolean {
    const { user, hostName, proxyJump } = this.#context.host;
    const account = `${user}@${hostName}`;
    const ofPam = /^\((\S+)\) password(?: for \S+)?: ?$/i.exec(prompt)?.[1] === account;
    return proxyJump === undefined && (ofPam || prompt === `${account}'s password: `);
  }

  #keptPassword(prompt: string): string | undefined {
    const { host, memory } = this.#context;
    if (!this.#isOwn(prompt)) return undefined;
    const kept = memory.password(accountOf(host));
    // Taken out at once: a password that is refused now must not be sent again by the next reconnect.
    memory.dropPassword(accountOf(host));
    this.#password = kept;
    return kept;
  }
}

export const accountOf = ({ user, hostName, port }: ResolvedHost): string => `${user}@${hostName}:${port}`;

function given(answer: string | undefined): string {
  if (answer === undefined) throw new CancelledError();
  return answer;
}

/** The question about an unknown key, which names the host as known_hosts does. */
function hostKeyIn(prompt: string): { host: string; keyType: string; fingerprint: string } | undefined {
  const host = /^The authenticity of host '(\S+?)(?: \([^)]*\))?' can't be established/.exec(prompt)?.[1];
  const [, keyType, fingerprint] = /^(\S+) key fingerprint is (SHA256:[A-Za-z0-9+/]+)/m.exec(prompt) ?? [];
  if (host === undefined || keyType === undefined || fingerprint === undefined) return undefined;
  return { host, keyType, fingerprint };
}
