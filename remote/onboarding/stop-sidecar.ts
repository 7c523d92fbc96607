import type { SshSession } from "../ssh/session/ssh-session.ts";
import { nodeForSidecar } from "./node-for-sidecar.ts";
import { onboardingError } from "./onboarding-error.ts";
import type { HostProbe } from "./probe-host.ts";
import { callSidecarCli } from "./sidecar-cli.ts";

export interface StopSidecarOptions {
  readonly probe: HostProbe;
  readonly signal: AbortSignal;
}

const STOP_TIMEOUT_MS = 20_000;

/**
 * Ends the sidecar of a host after it has finished what it is answering.
 * @returns false when none ran
 * @throws ConnectError SIDECAR_STOP_FAILED, also for one that was not installed by us; NODE_NOT_FOUND, HOST_UNSUPPORTED,
 *   SSH_TIMEOUT, SSH_CLOSED; CancelledError
 */
export async function stopSidecar(session: SshSession, { probe, signal }: StopSidecarOptions): Promise<boolean> {
  const { stateDir, installed, running } = probe.sidecar;
  const file = installed.at(-1);
  if (file === undefined) {
    if (running === undefined) return false;
    const why = `process ${running.pid} was not started from ${stateDir}/bin, so it is left alone`;
    throw onboardingError("SIDECAR_STOP_FAILED", session.label, why);
  }
  const answer = await callSidecarCli(session, {
    node: nodeForSidecar(probe).path,
    file,
    stateDir,
    words: ["stop", "--timeout", String(STOP_TIMEOUT_MS)],
    signal,
    timeoutMs: STOP_TIMEOUT_MS + 10_000,
  });
  if (!answer.ok) throw onboardingError("SIDECAR_STOP_FAILED", session.label, answer.why);
  return answer.payload["stopped"] === true;
}
