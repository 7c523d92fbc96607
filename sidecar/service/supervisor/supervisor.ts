/** What a service runs. All paths are absolute; there is no secret in it. */
export interface ServiceCommand {
  /** The Node that runs it. */
  readonly node: string;
  /** `sidecar.mjs`. */
  readonly script: string;
  /** Arguments of `run`. */
  readonly args: readonly string[];
  readonly stateDir: string;
  /** Variables for the service, one `NAME=value` a line; may be missing. The place for API keys. */
  readonly envFile: string;
  /** Where the process itself writes, for supervisors that keep no journal. */
  readonly output: string;
}

export interface ServiceState {
  /** It runs, or is about to. */
  readonly isActive: boolean;
  /** It was tried and given up. */
  readonly hasFailed: boolean;
  /** The supervisor's own word. */
  readonly detail: string;
}

/** What keeps a program running on one kind of system, for one sidecar. Methods throw ServiceError with its words. */
export interface Supervisor {
  readonly kind: "systemd" | "launchd" | "Task Scheduler";
  /** What the service is called there. */
  readonly unit: string;
  /** The file that defines it; it is there as long as the service is installed. */
  readonly path: string;
  /** Where a person finds what it says. */
  readonly logsHint: string;
  /** The content of the file. Pure. */
  define(command: ServiceCommand): string;
  /** How the file is written. */
  readonly encoding: "utf8" | "utf16le";
  /** Whether this person's services can be controlled from here. */
  check(): Promise<void>;
  /** Takes over the written file and starts the service. Returns sentences that the person should know. */
  enable(): Promise<readonly string[]>;
  /** Stops it and forgets it; the file is still there. */
  disable(): Promise<void>;
  /** After the file is gone. */
  forget(): Promise<void>;
  start(): Promise<void>;
  /** Returns when it was asked, not when it has ended. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  state(): Promise<ServiceState>;
}
