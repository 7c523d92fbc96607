import { EXIT, type ExitCode } from "./exit-codes.ts";

/** Why a command ends without a result: one sentence with the offending part and the remedy. Never holds a secret. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** For `--json`: `USAGE`, `TIMEOUT`, a code of the error catalogue, or the Gateway's own. */
  readonly code: string;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, options: { exitCode: ExitCode; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = options.exitCode;
  }
}

/** The command line is wrong. */
export function usageError(message: string): CliError {
  return new CliError("USAGE", message, { exitCode: EXIT.usage });
}
