import { findRunning } from "../../service/running.ts";
import { type ServiceStatus, serviceStatus } from "../../service/status.ts";
import { asObject } from "../../../protocol/gateway/json.ts";
import { resolveStateDir } from "../../config/state-dir.ts";
import { CliError } from "../cli-error.ts";
import type { CommandResult, RunCommand } from "../command.ts";
import type { ParsedArguments } from "../flags.ts";

/** Adds to the status of this computer's sidecar how it is kept running; leaves that of any other Gateway alone. */
export function withService(status: RunCommand): RunCommand {
  return async (args) => {
    if (args.options.has("url") || args.options.has("ssh")) return status(args);
    const stateDir = stateDirOf(args);
    const service = await serviceStatus(stateDir);
    try {
      const result = await status(args);
      return findRunning(stateDir).kind === "ours" ? extended(result, service) : result;
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== "NO_TARGET" || !service.installed) throw error;
      const message = `The service ${service.unit} is installed, but no sidecar runs (${service.kind} says "${service.detail}"). Start it with \`openclaw-sidecar start\`, or see \`openclaw-sidecar logs\`.`;
      throw new CliError("SERVICE_DOWN", message, { exitCode: error.exitCode, cause: error });
    }
  };
}

function extended(result: CommandResult, service: ServiceStatus): CommandResult {
  const line = service.installed ? `Service   ${service.unit}, ${service.detail} (${service.kind})` : undefined;
  return {
    ...result,
    payload: { ...asObject(result.payload), service },
    lines: () => [...result.lines(), ...(line === undefined ? [] : [line])],
  };
}

function stateDirOf({ options }: ParsedArguments): string {
  const [profile, stateDir] = [options.get("profile"), options.get("state-dir")];
  return resolveStateDir({
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(profile === undefined ? {} : { profile }),
  });
}
