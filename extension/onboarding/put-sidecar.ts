import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { Logger } from "../../protocol/util/logger.ts";
import { installSidecar } from "../../remote/onboarding/install-sidecar.ts";
import type { HostProbe } from "../../remote/onboarding/probe-host.ts";
import { type StartedSidecar, startSidecar } from "../../remote/onboarding/start-sidecar.ts";
import type { SshSession } from "../../remote/ssh/session/ssh-session.ts";
import type { HostQuestions, StartGatewayQuestion } from "./host-questions.ts";

export interface PutSidecarOptions {
  readonly probe: HostProbe;
  /** `dist/sidecar.mjs` of this extension, and its version. */
  readonly sidecar: { readonly file: string; readonly version: string };
  readonly questions: Pick<HostQuestions, "startGateway" | "tellHow">;
  /** Where nothing answered, when that is why it is put there. */
  readonly port?: number;
  readonly doing?: (what: "installing" | "starting") => void;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Has a sidecar run on a host, after one question: it is put there unless that very file is there already, and started.
 * @throws ConnectError of the onboarding steps; CancelledError on an abort
 */
export async function putSidecar(
  session: SshSession,
  options: PutSidecarOptions,
): Promise<StartedSidecar | "declined"> {
  const { probe, sidecar, questions, port, doing, logger, signal } = options;
  let answer: "start" | "how" | undefined;
  const ask = async (about: Omit<StartGatewayQuestion, "port" | "openclaw" | "purpose">): Promise<boolean> => {
    const openclaw = probe.openclaw.commands[0];
    answer = await questions.startGateway({ ...about, purpose: "start", port, openclaw }, signal);
    if (answer === "start") doing?.("installing");
    return answer === "start";
  };
  try {
    const installed = await installSidecar(session, { probe, ...sidecar, questions: { installSidecar: ask }, signal });
    logger.info(installed.evidence);
    const { path, node, version } = installed;
    const about = { host: session.label, directory: path.slice(0, path.lastIndexOf("/")), version, node };
    // That it is there already does not mean that it may be started.
    if (answer === undefined && !(await ask({ ...about, bytes: undefined }))) throw new CancelledError();
    doing?.("starting");
    const started = await startSidecar(session, { probe, installed, signal });
    logger.info(started.evidence);
    return started;
  } catch (error) {
    if (!(error instanceof CancelledError) || signal.aborted) throw error;
    if (answer === "how") questions.tellHow(session.label);
    return "declined";
  }
}
