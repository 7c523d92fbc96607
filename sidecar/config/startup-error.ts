/**
 * Why the sidecar does not start: one sentence that says what, why and what to do. `main.ts` prints it to stderr and
 * exits with `exitCode`; nothing on disk has been changed.
 */
export class StartupError extends Error {
  override readonly name = "StartupError";
  readonly exitCode: number;

  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}

/** By its shape: the Gateway is packed by itself in the one file, with a class of its own. */
export function isStartupError(error: unknown): error is StartupError {
  return error instanceof Error && error.name === "StartupError" && "exitCode" in error;
}

/** The errno name of a Node error (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The message of anything that was thrown, on one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").trim();
}
