import { installService, planInstall } from "../../service/install.ts";
import { usageError } from "../cli-error.ts";
import type { CommandResult } from "../command.ts";
import type { ParsedArguments } from "../flags.ts";
import { readLifeWish, readTimeoutMs } from "../life-options.ts";

const DEFAULT_TIMEOUT_MS = 30_000;
const HANDED_ON = ["profile", "port", "config", "token-file", "password-file", "bind", "auth", "tailscale"];

/** `install`: the sidecar as a service of this person, started now and at every login. */
export async function install(args: ParsedArguments): Promise<CommandResult> {
  const { stateDir } = readLifeWish(args);
  const timeoutMs = readTimeoutMs(args, DEFAULT_TIMEOUT_MS);
  const secret = ["token", "password"].find((name) => args.options.has(name));
  if (secret !== undefined) {
    throw usageError(
      `--${secret} is refused here: it would stand in the service's file. Without it a token is made and stored, or name a file with --token-file.`,
    );
  }
  const plan = await planInstall(runArgv(args, stateDir));
  const { supervisor, definition, notes } = plan;
  const about = { kind: supervisor.kind, unit: supervisor.unit, path: supervisor.path };
  if (args.options.has("dry-run")) {
    return {
      payload: { ...about, dryRun: true, definition, notes },
      lines: () => [`# ${supervisor.path}`, definition.trimEnd()],
    };
  }
  const result = await installService(plan, timeoutMs);
  return {
    payload: { ...about, ...result },
    lines: () => [
      `The ${supervisor.kind} service ${supervisor.unit} is installed; the sidecar runs on ${result.url} (process ${result.pid}).`,
      `  file  ${supervisor.path}`,
      ...result.notes,
    ],
  };
}

function runArgv({ options }: ParsedArguments, stateDir: string): string[] {
  const argv = ["--state-dir", stateDir];
  for (const name of HANDED_ON) {
    const value = options.get(name);
    if (value !== undefined) argv.push(`--${name}=${value}`);
  }
  return argv;
}
