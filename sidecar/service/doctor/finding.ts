import type { SidecarConfig } from "../../config/config.ts";
import type { Running } from "../running.ts";

/** `info` is worth knowing and not wrong; from `warning` on something is. */
export type Severity = "ok" | "info" | "warning" | "error";

/** What one check found. */
export interface Finding {
  /** Stable, for scripts: `permissions.state-dir`. */
  readonly id: string;
  readonly severity: Severity;
  /** What was looked at. */
  readonly title: string;
  /** What was seen there; never a secret. */
  readonly evidence: string;
  /** What a person does about it. */
  readonly remedy?: string;
  /** Puts it right without a risk: what it removes or changes was proved to be safe to. */
  readonly repair?: () => void;
}

/** What all checks know. */
export interface DoctorContext {
  readonly stateDir: string;
  readonly configPath: string;
  /** The config as the sidecar reads it, or why it cannot. */
  readonly config: { readonly ok: true; readonly value: SidecarConfig } | { readonly ok: false; readonly why: string };
  /** The file as it was parsed, for keys that the sidecar does not read. */
  readonly rawConfig: unknown;
  readonly running: Running;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export type Check = (context: DoctorContext) => readonly Finding[] | Promise<readonly Finding[]>;
