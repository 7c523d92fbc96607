import { stopSidecar } from "../../service/stop.ts";
import { installedService, stopWay } from "../../service/supervised.ts";
import type { CommandResult } from "../command.ts";
import type { ParsedArguments } from "../flags.ts";
import { readLifeWish, readTimeoutMs } from "../life-options.ts";

/** More than the sidecar allows itself for running answers and goodbyes. */
const DEFAULT_TIMEOUT_MS = 20_000;

/** `stop`: lets it finish what it is answering, says goodbye to its clients, and waits. */
export async function stop(args: ParsedArguments): Promise<CommandResult> {
  const { stateDir } = readLifeWish(args);
  const service = installedService(stateDir);
  const result = await stopSidecar({
    stateDir,
    timeoutMs: readTimeoutMs(args, DEFAULT_TIMEOUT_MS),
    isForced: args.options.has("force"),
    ...stopWay(service),
  });
  // Between two tries of a service that cannot start there is nothing to stop but the service.
  if (!result.stopped && service !== undefined && (await service.state()).isActive) await service.stop();
  return {
    payload: { ok: true, ...result },
    lines: () => {
      if (!result.stopped) return [result.reason];
      const { pid, url, ms, forced } = result;
      const how = forced ? "did not end by itself and was killed" : "has stopped";
      return [`The sidecar on ${url} (process ${pid}) ${how} after ${(ms / 1_000).toFixed(1)} s.`];
    },
  };
}
