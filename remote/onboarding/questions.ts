/**
 * What onboarding has to ask a person before it reads or changes anything on a host: one question an act. False, and an
 * abort, mean that it is not done.
 */
export interface OnboardingQuestions {
  readCredential(question: ReadCredentialQuestion, signal: AbortSignal): Promise<boolean>;
  approveDevice(question: ApproveDeviceQuestion, signal: AbortSignal): Promise<boolean>;
  installSidecar(question: InstallSidecarQuestion, signal: AbortSignal): Promise<boolean>;
  /** Undefined: leave everything as it is. */
  uninstallSidecar(question: UninstallSidecarQuestion, signal: AbortSignal): Promise<UninstallAnswer | undefined>;
}

export interface ReadCredentialQuestion {
  readonly host: string;
  readonly file: string;
  /** The file is on the computer that asks. Default: it is read over SSH. */
  readonly isHere?: true;
}

export interface ApproveDeviceQuestion {
  readonly host: string;
  readonly requestId: string;
  readonly deviceId: string;
  readonly role: string;
  readonly scopes: readonly string[];
}

export interface InstallSidecarQuestion {
  readonly host: string;
  readonly directory: string;
  readonly version: string;
  readonly bytes: number;
  /** The Node that will run it. */
  readonly node: string;
}

export interface UninstallSidecarQuestion {
  readonly host: string;
  /** Programs that were put there by an installation. */
  readonly programs: readonly string[];
  /** Where sessions, transcripts and tokens are. */
  readonly stateDir: string;
}

/** `program` keeps sessions, transcripts and tokens; `everything` removes them too. */
export type UninstallAnswer = "program" | "everything";
