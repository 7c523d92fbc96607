import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { type CommandId, commandName } from "./ids.ts";

/** One handler a command; a command without one does not compile. */
export type CommandHandlers = Readonly<Record<CommandId, () => unknown>>;

/** Runs commands: logs each, shows what went wrong, and takes a cancel for what it is. */
export class CommandRegistry {
  readonly #handlers: CommandHandlers;
  readonly #logger: Logger;
  readonly #present: (error: unknown) => unknown;

  constructor(options: {
    readonly handlers: CommandHandlers;
    readonly logger: Logger;
    /** Tells the person; it is not called for a cancel. */
    readonly present: (error: unknown) => unknown;
  }) {
    this.#handlers = options.handlers;
    this.#logger = options.logger;
    this.#present = options.present;
  }

  /** Never rejects. Resolves with what the handler gave, or `undefined` when it was cancelled or failed. */
  run(id: CommandId): Promise<unknown> {
    return this.attempt(commandName(id), this.#handlers[id]);
  }

  /** The same for what is no command: a button of a page, a background start. `name` is for the log. */
  async attempt(name: string, work: () => unknown): Promise<unknown> {
    const started = performance.now();
    try {
      const result = await work();
      this.#logger.debug(`${name}: ${Math.round(performance.now() - started)} ms`);
      return result;
    } catch (error) {
      if (error instanceof CancelledError) return undefined;
      this.#logger.error(`${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      // Not awaited: a message may stay until the person closes it.
      void this.#present(error);
      return undefined;
    }
  }
}
