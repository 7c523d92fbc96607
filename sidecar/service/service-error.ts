/** Why a command about the sidecar's life cannot do what it was asked: one sentence with the remedy. Holds no secret. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  /** For `--json`: `NOT_OURS`, `STOP_TIMEOUT`, `START_FAILED`. */
  readonly code: string;
  /** 1: tried and failed; 2: the wish is wrong and nothing was done; 3: no answer in time. */
  readonly exitCode: 1 | 2 | 3;

  constructor(code: string, message: string, options: { exitCode?: 1 | 2 | 3; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.exitCode = options.exitCode ?? 1;
  }
}
