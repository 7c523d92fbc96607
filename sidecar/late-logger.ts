import type { Logger } from "../protocol/util/logger.ts";

/** Keeps what is logged until there is a place for it: a Gateway opens its port before it touches its directory. */
export class LateLogger implements Logger {
  #waiting: ((logger: Logger) => void)[] | undefined = [];
  #logger: Logger | undefined;

  /** From now on, and for all that came before. */
  attach(logger: Logger): void {
    this.#logger = logger;
    for (const write of this.#waiting ?? []) write(logger);
    this.#waiting = undefined;
  }

  #write(write: (logger: Logger) => void): void {
    if (this.#logger === undefined) this.#waiting?.push(write);
    else write(this.#logger);
  }

  debug(message: string): void {
    this.#write((logger) => logger.debug(message));
  }

  info(message: string): void {
    this.#write((logger) => logger.info(message));
  }

  warn(message: string): void {
    this.#write((logger) => logger.warn(message));
  }

  error(message: string): void {
    this.#write((logger) => logger.error(message));
  }
}
