import type { RuntimeInfo } from "../store/runtime-file.ts";
import { withPort } from "./run-arguments.ts";
import { findRunning } from "./running.ts";
import { ServiceError } from "./service-error.ts";
import { type StartResult, checkStart, startSidecar } from "./start.ts";
import { type StopWish, stopSidecar } from "./stop.ts";

export interface RestartResult extends StartResult {
  /** The process that was stopped, if one ran. */
  readonly stoppedPid: number | undefined;
}

/**
 * Stops the sidecar and starts it again with the arguments that it had, on the port that it has. Everything that would
 * keep it from coming back is looked for before it is stopped.
 * @throws ServiceError RESTART_SECRET, and what `stopSidecar` and `startSidecar` throw
 */
export async function restartSidecar(wish: StopWish): Promise<RestartResult> {
  const running = findRunning(wish.stateDir);
  const info = running.kind === "ours" ? running.info : undefined;
  const args = info === undefined ? ["--state-dir", wish.stateDir] : argumentsOf(info);
  await checkStart(args);
  const stopped = await stopSidecar(wish);
  const started = await startSidecar(args, wish.timeoutMs);
  return { ...started, stoppedPid: stopped.stopped ? stopped.pid : undefined };
}

/** @throws ServiceError RESTART_SECRET: nobody here knows the token that it was started with */
function argumentsOf({ launch, pid, port }: RuntimeInfo): readonly string[] {
  if (launch === undefined) {
    throw new ServiceError(
      "RESTART_UNKNOWN",
      `The sidecar (process ${pid}) does not say how it was started; stop it and start it again.`,
    );
  }
  const { OPENCLAW_GATEWAY_TOKEN: token = "", OPENCLAW_GATEWAY_PASSWORD: password = "" } = process.env;
  if (launch.secret === "given" && `${token}${password}`.trim() === "") {
    throw new ServiceError(
      "RESTART_SECRET",
      `The sidecar (process ${pid}) was given its token when it was started and has stored it nowhere; nothing was stopped. Set OPENCLAW_GATEWAY_TOKEN (or OPENCLAW_GATEWAY_PASSWORD) to the same and try again.`,
      { exitCode: 2 },
    );
  }
  return withPort(launch.args, port);
}
