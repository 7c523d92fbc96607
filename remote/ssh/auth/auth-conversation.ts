import type { AnyAuthMethod, ParsedKey } from "ssh2";
import { CancelledError, ConnectError, type Fact } from "../../../protocol/errors/connect-error.ts";
import { printable } from "../../target/printable.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import type { SshPrompts } from "../prompts.ts";
import { singleKeyAgent } from "./agent.ts";
import type { AuthMemory } from "./auth-memory.ts";
import { type KeyCandidate, type KeySearch, findKeys, lockedPublicKey } from "./key-candidates.ts";
import { unlockKey } from "./key-file.ts";
import { KeyboardAnswers } from "./keyboard-answers.ts";

export interface AuthContext {
  readonly config: SshHostConfig;
  readonly prompts: SshPrompts;
  readonly memory: AuthMemory;
  /** False: whatever needs a person is passed over. */
  readonly interactive: boolean;
  readonly signal: AbortSignal;
  /** What the server has told beside its answers. */
  readonly notice: { readonly words: readonly string[] };
  /** Hears of an end that comes while ssh2 is in the middle of a method: a cancelled prompt, a server that asks for ever. */
  readonly onFault: (error: unknown) => void;
  /** Runs a question with the clock of the step stopped. */
  readonly whileAsking: <T>(ask: () => Promise<T>) => Promise<T>;
  /** Runs once before the first question for a password or a code; what it throws ends the sign-in. */
  readonly beforePassword?: ((config: SshHostConfig) => Promise<void>) | undefined;
}

/** What a server answers while it does not let us in. */
export interface MethodsLeft {
  readonly methods: readonly string[];
  /** What was tried last is one part of what the server wants. */
  readonly isPartial: boolean;
}

const PASSPHRASE_ATTEMPTS = 3;
const KEYBOARD = "keyboard-interactive";

/**
 * One sign-in, in OpenSSH's order: keys (agent, then files), keyboard-interactive, password. Each key is offered once, each
 * secret asked for at most three times, and nothing is tried that the server does not offer.
 */
export class AuthConversation {
  readonly #context: AuthContext;
  readonly #tried: string[] = [];
  readonly #needsPerson: string[] = [];
  #keys: KeySearch | undefined;
  #nextKey = 0;
  #keyboardAttempts = 0;
  readonly #keyboard: KeyboardAnswers;
  #passwordAttempts = 0;
  #lastPassword: string | undefined;
  #offered: readonly string[] = [];
  #current = "none";
  /** What the server has taken as one part of several. */
  readonly #parts: string[] = [];
  #isLookedElsewhere = false;

  constructor(context: AuthContext) {
    this.#context = context;
    this.#keyboard = new KeyboardAnswers({
      ...context,
      takeKept: () => this.#takePassword(),
      failure: (why) => {
        if (why === "nobody") this.#needsPerson.push(KEYBOARD);
        return this.failure(why === "endless" ? "the server does not stop asking" : undefined);
      },
    });
  }

  /** What succeeded, for the evidence: "agent ED25519 SHA256:…", "~/.ssh/id_ed25519, then keyboard-interactive". */
  get current(): string {
    return [...this.#parts, this.#current].join(", then ");
  }

  /**
   * The next thing to try; false when there is nothing left.
   * @param left what the server still takes; undefined before its first answer
   * @throws CancelledError when a person cancelled a prompt; ConnectError when the server's questions have no end, and what
   * `beforePassword` throws
   */
  async next(left: MethodsLeft | undefined): Promise<AnyAuthMethod | false> {
    const { user: username, authMethods } = this.#context.config;
    if (left === undefined) return { type: "none", username };
    const { methods: offered, isPartial } = left;
    if (isPartial) this.#parts.push(this.#current);
    this.#offered = offered;
    for (const method of authMethods) {
      if (!offered.includes(method)) continue;
      const attempt = await this.#attempt(method);
      if (attempt !== undefined) return attempt;
    }
    return false;
  }

  /** Called once the server has let us in: keeps what a reconnect will need. */
  accepted(): void {
    const typed = { password: this.#lastPassword, [KEYBOARD]: this.#keyboard.password };
    const password = this.#current === "password" || this.#current === KEYBOARD ? typed[this.#current] : undefined;
    if (password !== undefined) this.#context.memory.keepPassword(this.#account, password);
  }

  /** Why it came to nothing, with what was tried and what the server takes. */
  failure(detail?: string): ConnectError {
    const { config, notice } = this.#context;
    const { user, hostName } = config;
    const unreadable = this.#keys?.unreadable[0];
    const facts: Fact[] = [
      { label: "user", value: user },
      { label: "host", value: hostName },
    ];
    if (unreadable !== undefined && detail === undefined) {
      return new ConnectError("SSH_KEY_UNREADABLE", `The key ${unreadable.path} cannot be used: ${unreadable.why}.`, {
        step: "ssh-auth",
        facts: [
          ...facts,
          { label: "savedIn", value: unreadable.path },
          { label: "detail", value: printable(`${unreadable.path}: ${unreadable.why}`, 300) },
        ],
      });
    }
    const told = [
      ...(detail === undefined ? [] : [printable(detail)]),
      `tried ${this.#tried.length > 0 ? this.#tried.join(", ") : "nothing"}`,
      ...(this.#needsPerson.length > 0 ? [`needs a person for ${this.#needsPerson.join(", ")}`] : []),
      ...(this.#keys?.agentFault === undefined ? [] : [`the SSH agent failed: ${printable(this.#keys.agentFault)}`]),
      ...notice.words,
      `${hostName} takes ${this.#offered.length > 0 ? printable(this.#offered.join(", ")) : "nothing else"}`,
    ].join("; ");
    return new ConnectError("SSH_AUTH_FAILED", `${hostName} did not let ${user} in: ${told}.`, {
      step: "ssh-auth",
      facts: [...facts, { label: "detail", value: printable(told, 600) }],
    });
  }

  get #account(): string {
    const { user, hostName, port } = this.#context.config;
    return `${user}@${hostName}:${port}`;
  }

  #attempt(method: SshHostConfig["authMethods"][number]): Promise<AnyAuthMethod | undefined> {
    switch (method) {
      case "publickey":
        return this.#publicKey();
      case KEYBOARD:
        return this.#answers();
      case "password":
        return this.#password();
    }
  }

  async #publicKey(): Promise<AnyAuthMethod | undefined> {
    const { config, signal } = this.#context;
    this.#keys ??= await findKeys(config, signal);
    for (;;) {
      const candidate = this.#keys.candidates[this.#nextKey++];
      if (candidate === undefined) return undefined;
      const agent = await this.#agentFor(candidate);
      if (agent === undefined) continue;
      this.#now(candidate.label);
      return { type: "agent", username: config.user, agent };
    }
  }

  async #agentFor(candidate: KeyCandidate): Promise<ReturnType<typeof singleKeyAgent> | undefined> {
    const { signal, memory, whileAsking, onFault } = this.#context;
    switch (candidate.kind) {
      case "agent": {
        const { agent, key } = candidate;
        return singleKeyAgent(key, (data, options) => whileAsking(() => agent.sign(key, data, options, signal)));
      }
      case "file":
        return singleKeyAgent(candidate.key, async (data, { hash }) => signWith(candidate.key, data, hash));
      case "locked": {
        const { file } = candidate;
        const publicKey = memory.unlockedKey(file.path) ?? lockedPublicKey(file) ?? (await this.#unlock(file));
        if (publicKey === undefined) return undefined;
        const unlocked = async (): Promise<ParsedKey> => {
          const key = memory.unlockedKey(file.path) ?? (await this.#unlock(file));
          if (key === undefined) throw new Error("the passphrase was not given");
          return key;
        };
        return singleKeyAgent(publicKey, async (data, { hash }) => {
          const key = await unlocked().catch((error: unknown) => {
            if (error instanceof CancelledError) onFault(error);
            throw error;
          });
          return signWith(key, data, hash);
        });
      }
    }
  }

  async #unlock(file: Extract<KeyCandidate, { kind: "locked" }>["file"]): Promise<ParsedKey | undefined> {
    const { config, prompts, memory, interactive, signal, whileAsking } = this.#context;
    if (!interactive) {
      this.#needsPerson.push(`the passphrase of ${file.path}`);
      return undefined;
    }
    for (let attempt = 1; attempt <= PASSPHRASE_ATTEMPTS; attempt++) {
      const question = { user: config.user, host: config.hostName, keyFile: file.path, attempt };
      const passphrase = await whileAsking(() => prompts.passphrase(question, signal));
      if (passphrase === undefined) throw new CancelledError();
      if (passphrase === "") return undefined;
      const unlocked = unlockKey(file.text, passphrase);
      if (unlocked.kind === "key") {
        memory.keepUnlockedKey(file.path, unlocked.key);
        return unlocked.key;
      }
    }
    this.#tried.push(`${file.path} (wrong passphrase)`);
    return undefined;
  }

  /** Where another client could sign in without a question, none is asked. */
  async #lookElsewhere(): Promise<void> {
    const { config, beforePassword } = this.#context;
    if (this.#isLookedElsewhere) return;
    this.#isLookedElsewhere = true;
    await beforePassword?.(config);
  }

  async #answers(): Promise<AnyAuthMethod | undefined> {
    const { config, interactive, memory } = this.#context;
    if (!interactive && memory.password(this.#account) === undefined) {
      if (!this.#needsPerson.includes(KEYBOARD)) this.#needsPerson.push(KEYBOARD);
      return undefined;
    }
    if (interactive) await this.#lookElsewhere();
    if (this.#keyboardAttempts++ >= config.passwordPrompts) return undefined;
    this.#now(KEYBOARD);
    this.#keyboard.begin();
    return {
      type: KEYBOARD,
      username: config.user,
      prompt: (...[name, instruction, , prompts, finish]) => {
        this.#keyboard.answer(name, instruction, prompts).then(finish, this.#context.onFault);
      },
    };
  }

  /** Taken out at once: a password that is refused now must not be sent again by the next reconnect. */
  #takePassword(): string | undefined {
    const { memory } = this.#context;
    const password = memory.password(this.#account);
    memory.dropPassword(this.#account);
    return password;
  }

  async #password(): Promise<AnyAuthMethod | undefined> {
    const { config, prompts, interactive, signal, whileAsking } = this.#context;
    const { user: username, hostName } = config;
    let password = this.#takePassword();
    if (password === undefined && !interactive) {
      if (!this.#needsPerson.includes("the password")) this.#needsPerson.push("the password");
      return undefined;
    }
    if (password === undefined) {
      await this.#lookElsewhere();
      if (this.#passwordAttempts >= config.passwordPrompts) return undefined;
      const attempt = ++this.#passwordAttempts;
      password = await whileAsking(() => prompts.password({ user: username, host: hostName, attempt }, signal));
      if (password === undefined) throw new CancelledError();
    }
    this.#lastPassword = password;
    this.#now("password");
    return { type: "password", username, password };
  }

  #now(label: string): void {
    this.#current = label;
    if (!this.#tried.includes(label)) this.#tried.push(label);
  }
}

function signWith(key: ParsedKey, data: Buffer, hash: string | undefined): Buffer {
  const signature: unknown = key.sign(data, hash);
  if (Buffer.isBuffer(signature)) return signature;
  throw signature instanceof Error ? signature : new Error("the key did not sign");
}
