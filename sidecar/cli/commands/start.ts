import { startSidecar } from "../../service/start.ts";
import type { CommandResult } from "../command.ts";
import type { ParsedArguments } from "../flags.ts";
import { readLifeWish, readTimeoutMs } from "../life-options.ts";
import { installedService, startService } from "../../service/supervised.ts";
import { usageError } from "../cli-error.ts";

const DEFAULT_TIMEOUT_MS = 20_000;
/** Options of `run` that `start` hands on as they are. */
const HANDED_ON = ["port", "config", "token-file", "token", "password-file", "password", "bind", "auth", "tailscale"];

/** `start`: the sidecar in the background, ready when this returns. */
export async function start(args: ParsedArguments): Promise<CommandResult> {
  const { stateDir } = readLifeWish(args);
  const timeoutMs = readTimeoutMs(args, DEFAULT_TIMEOUT_MS);
  const given = HANDED_ON.find((name) => args.options.has(name));
  const service = installedService(stateDir);
  if (service !== undefined && given !== undefined) {
    throw usageError(
      `The service ${service.unit} starts this sidecar with its own options, so --${given} has no use here; say it to \`openclaw-sidecar install\`.`,
    );
  }
  const result =
    service === undefined
      ? await startSidecar(runArgv(args, stateDir), timeoutMs)
      : await startService(service, { stateDir, timeoutMs });
  const { pid, url, version, alreadyRunning } = result;
  const line = alreadyRunning
    ? `OpenClaw sidecar ${version} already runs on ${url} (process ${pid}).`
    : `OpenClaw sidecar ${version} runs on ${url} (process ${pid}).`;
  return { payload: result, lines: () => [line] };
}

function runArgv({ options }: ParsedArguments, stateDir: string): string[] {
  const argv = ["--state-dir", stateDir];
  for (const name of ["profile", ...HANDED_ON]) {
    const value = options.get(name);
    if (value !== undefined) argv.push(`--${name}=${value}`);
  }
  return argv;
}
