import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { nodeForSidecar } from "../../remote/onboarding/node-for-sidecar.ts";
import { type HostProbe, probeHost } from "../../remote/onboarding/probe-host.ts";
import type { InstallSidecarQuestion } from "../../remote/onboarding/questions.ts";
import { readSidecarLog } from "../../remote/onboarding/read-sidecar-log.ts";
import { startSidecar } from "../../remote/onboarding/start-sidecar.ts";
import { stopSidecar } from "../../remote/onboarding/stop-sidecar.ts";
import { uninstallSidecar } from "../../remote/onboarding/uninstall-sidecar.ts";
import { updateSidecar } from "../../remote/onboarding/update-sidecar.ts";
import type { SshSession } from "../../remote/ssh/session/ssh-session.ts";
import type { HostQuestions } from "../onboarding/host-questions.ts";
import { putSidecar } from "../onboarding/put-sidecar.ts";
import { LOG_LINES } from "./log-text.ts";
import type { SidecarPlace, SidecarRun } from "./sidecar-place.ts";

export interface HostPlaceOptions {
  readonly session: SshSession;
  readonly sidecar: { readonly file: string; readonly version: string };
  readonly questions: HostQuestions;
  readonly logger: Logger;
}

/** The sidecar of a host, over an SSH connection that is there. Its methods throw ConnectError and CancelledError. */
export function hostPlace({ session, sidecar, questions, logger }: HostPlaceOptions): SidecarPlace {
  const look = (signal: AbortSignal) => probeHost(session, { signal });
  const put = async (probe: HostProbe, signal: AbortSignal): Promise<SidecarRun | undefined> => {
    const started = await putSidecar(session, { probe, sidecar, questions, logger, signal });
    return started === "declined" ? undefined : started;
  };
  const update = async (probe: HostProbe, signal: AbortSignal): Promise<SidecarRun | undefined> => {
    const ask = async (about: InstallSidecarQuestion): Promise<boolean> =>
      (await questions.startGateway({ ...about, purpose: "update" }, signal)) === "start";
    try {
      const wanted = { probe, ...sidecar, questions: { installSidecar: ask }, signal };
      const { started, restarted } = await updateSidecar(session, wanted);
      return { ...started, alreadyRunning: !restarted };
    } catch (error) {
      if (error instanceof CancelledError && !signal.aborted) return undefined;
      throw error;
    }
  };
  return {
    name: session.label,
    async install(signal) {
      const probe = await look(signal);
      return probe.sidecar.running === undefined ? put(probe, signal) : update(probe, signal);
    },
    async start(signal) {
      const probe = await look(signal);
      const { running, installed } = probe.sidecar;
      if (running !== undefined) return { ...running, alreadyRunning: true };
      const path = installed.at(-1);
      if (path === undefined) return put(probe, signal);
      const node = nodeForSidecar(probe).path;
      return startSidecar(session, { probe, installed: { node, path }, signal });
    },
    stop: async (signal) => stopSidecar(session, { probe: await look(signal), signal }),
    update: async (signal) => update(await look(signal), signal),
    async uninstall(signal) {
      const probe = await look(signal);
      const uninstalled = await uninstallSidecar(session, { probe, questions, signal });
      return uninstalled.left;
    },
    log: async (signal) => readSidecarLog(session, { probe: await look(signal), lines: LOG_LINES, signal }),
  };
}
