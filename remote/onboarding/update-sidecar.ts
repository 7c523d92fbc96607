import type { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { type InstallSidecarOptions, type InstalledSidecar, installSidecar } from "./install-sidecar.ts";
import { onboardingError } from "./onboarding-error.ts";
import { type StartedSidecar, startSidecar } from "./start-sidecar.ts";
import { stopSidecar } from "./stop-sidecar.ts";

export interface UpdatedSidecar {
  readonly installed: InstalledSidecar;
  readonly started: StartedSidecar;
  /** False: this very file ran already. */
  readonly restarted: boolean;
}

/**
 * Brings a host to the given sidecar and starts it: installs when the file is another one, stops the old after it has
 * finished its answers, starts the new. When the new one does not start, the one before is started again.
 * @throws what `installSidecar`, `stopSidecar` and `startSidecar` throw
 */
export async function updateSidecar(session: SshSession, options: InstallSidecarOptions): Promise<UpdatedSidecar> {
  const { probe, version, signal } = options;
  const installed = await installSidecar(session, options);
  const isSame = installed.way === "present" && probe.sidecar.running?.version === version;
  if (!isSame) await stopSidecar(session, { probe: withFile(options, installed.path), signal });
  try {
    const started = await startSidecar(session, { probe, installed, signal });
    if (started.version !== version) throw oldService(session, started.version);
    return { installed, started, restarted: !isSame };
  } catch (error) {
    const before = probe.sidecar.installed.findLast((path) => path !== installed.path);
    if (before !== undefined && probe.sidecar.running !== undefined && session.isAlive && !signal.aborted) {
      const previous = { node: installed.node, path: before };
      await startSidecar(session, { probe, installed: previous, signal }).catch(() => undefined);
    }
    throw error;
  }
}

/** The old one was stopped, so only a service can have started it again; its options are not ours to rewrite. */
const oldService = (session: SshSession, version: string): ConnectError =>
  onboardingError(
    "SIDECAR_START_FAILED",
    session.label,
    `its service there still starts version ${version}; run the new sidecar's "install" there`,
  );

/** The probe as it would be after the installation. */
const withFile = ({ probe }: InstallSidecarOptions, path: string) => ({
  ...probe,
  sidecar: { ...probe.sidecar, installed: [...probe.sidecar.installed.filter((each) => each !== path), path] },
});
