import type { Prompt } from "ssh2";
import { CancelledError, type ConnectError } from "../../../protocol/errors/connect-error.ts";
import { printable, printableLines } from "../../target/printable.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import type { SshPrompts } from "../prompts.ts";

/** A hostile server may ask for ever; a real one needs two or three rounds. */
const MAX_ROUNDS = 10;
const MAX_PROMPTS = 8;
/** How PAM asks for the password of the account; a code that changes is asked for in other words. */
const PASSWORD_PROMPT = /^password(?: for \S+)?: ?$/i;

export interface KeyboardContext {
  readonly config: SshHostConfig;
  readonly prompts: Pick<SshPrompts, "keyboardInteractive">;
  /** False: only what was typed before is answered. */
  readonly interactive: boolean;
  readonly signal: AbortSignal;
  /** Runs a question with the clock of the step stopped. */
  readonly whileAsking: <T>(ask: () => Promise<T>) => Promise<T>;
  /** The password of the account that was accepted before, given once. */
  readonly takeKept: () => string | undefined;
  /** What the sign-in fails with. */
  readonly failure: (why: "endless" | "nobody") => ConnectError;
}

/** The questions of a server in one sign-in (RFC 4256), and a person's answers. */
export class KeyboardAnswers {
  readonly #context: KeyboardContext;
  #rounds = 0;
  /** Of the present attempt, in which something was asked. */
  #asked = 0;
  #password: string | undefined;

  constructor(context: KeyboardContext) {
    this.#context = context;
  }

  /** The account's password, when the present attempt has asked for it and for nothing else. */
  get password(): string | undefined {
    return this.#password;
  }

  begin(): void {
    this.#asked = 0;
    this.#password = undefined;
  }

  /** @throws CancelledError; `failure` when the questions have no end, or nobody is there to answer */
  async answer(name: string, instruction: string, asked: readonly Prompt[]): Promise<string[]> {
    const { config, prompts, interactive, signal, whileAsking, takeKept, failure } = this.#context;
    if (++this.#rounds > MAX_ROUNDS || asked.length > MAX_PROMPTS) throw failure("endless");
    const [first] = asked;
    // A message alone, which the server wants to be heard.
    if (first === undefined) return [];
    const isHidden = asked.length === 1 && first.echo !== true;
    const isPassword = isHidden && PASSWORD_PROMPT.test(first.prompt) && this.#asked === 0;
    this.#asked++;
    this.#password = isPassword ? takeKept() : undefined;
    if (this.#password !== undefined) return [this.#password];
    if (!interactive) throw failure("nobody");
    const question = {
      user: config.user,
      host: config.hostName,
      name: printable(name, 200),
      instruction: printableLines(instruction),
      prompts: asked.map(({ prompt, echo }) => ({ text: printable(prompt, 400), echo: echo === true })),
    };
    const answers = await whileAsking(() => prompts.keyboardInteractive(question, signal));
    if (answers === undefined) throw new CancelledError();
    if (isPassword) this.#password = answers[0];
    return asked.map((_prompt, index) => answers[index] ?? "");
  }
}
