import { restartSidecar } from "../../service/restart.ts";
import { installedService, restartService } from "../../service/supervised.ts";
import type { CommandResult } from "../command.ts";
import type { ParsedArguments } from "../flags.ts";
import { readLifeWish, readTimeoutMs } from "../life-options.ts";

const DEFAULT_TIMEOUT_MS = 20_000;

/** `restart`: the same sidecar again, on the same port; through the service when one is installed. */
export async function restart(args: ParsedArguments): Promise<CommandResult> {
  const { stateDir } = readLifeWish(args);
  const timeoutMs = readTimeoutMs(args, DEFAULT_TIMEOUT_MS);
  const service = installedService(stateDir);
  const result =
    service === undefined
      ? await restartSidecar({ stateDir, timeoutMs, isForced: args.options.has("force") })
      : await restartService(service, { stateDir, timeoutMs });
  const { pid, url, version, stoppedPid } = result;
  const was = stoppedPid === undefined ? "none ran before" : `process ${stoppedPid} has stopped`;
  return {
    payload: result,
    lines: () => [`OpenClaw sidecar ${version} runs on ${url} (process ${pid}); ${was}.`],
  };
}
