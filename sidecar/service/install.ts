import { mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { parseEnv } from "node:util";
import { loadConfig } from "../config/config.ts";
import { chooseSecret } from "../config/credentials.ts";
import { parseRunFlags } from "../config/flags.ts";
import { checkNode } from "../config/node-version.ts";
import { StartupError } from "../config/startup-error.ts";
import { STATE_FILES, checkStateDir, createStateDir, resolveStateDir } from "../config/state-dir.ts";
import { readIfPresent } from "../store/private-file.ts";
import { createLogDir, outputPath } from "./log-file.ts";
import { runArguments } from "./run-arguments.ts";
import { findRunning } from "./running.ts";
import { ServiceError } from "./service-error.ts";
import { supervisorOf, untilServing } from "./supervised.ts";
import type { StartResult } from "./start.ts";
import type { ServiceCommand, Supervisor } from "./supervisor/supervisor.ts";

/** The file of the state directory with the service's variables. */
const ENV_FILE = "service.env";

export interface InstallPlan {
  readonly supervisor: Supervisor;
  readonly stateDir: string;
  /** The file, as it will be written. */
  readonly definition: string;
  readonly notes: readonly string[];
}

/**
 * Works out what `install` would write, and whether the sidecar would start with it. Writes nothing.
 * @param argv arguments of `run`, without a secret
 * @throws StartupError: the arguments or the config are wrong. @throws ServiceError BAD_PATH, NO_SECRET
 */
export async function planInstall(argv: readonly string[]): Promise<InstallPlan> {
  checkNode();
  const flags = parseRunFlags(argv);
  const stateDir = resolveStateDir(flags);
  const supervisor = supervisorOf(stateDir);
  const envFile = join(stateDir, ENV_FILE);
  const command: ServiceCommand = {
    node: process.execPath,
    script: realpathSync(process.argv[1] ?? ""),
    args: runArguments(flags, stateDir),
    stateDir,
    envFile,
    output: outputPath(stateDir),
  };
  const odd = [command.node, command.script, ...command.args].find((word) => /\p{Cc}/u.test(word));
  if (odd !== undefined) {
    throw new ServiceError("BAD_PATH", `${JSON.stringify(odd)} has control characters; a service cannot use it.`, {
      exitCode: 2,
    });
  }
  const configPath = flags.configPath ?? join(stateDir, STATE_FILES.config);
  const config = await loadConfig(configPath, { required: flags.configPath !== undefined });
  try {
    chooseSecret(flags, config, parseEnv(readIfPresent(envFile) ?? ""));
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    throw new ServiceError(
      "NO_SECRET",
      `The service would not start: ${error.message} A service does not see your shell; put the variable into ${envFile}.`,
      { exitCode: 2, cause: error },
    );
  }
  checkStateDir(stateDir);
  return { supervisor, stateDir, definition: supervisor.define(command), notes: notesOf(command) };
}

function notesOf({ script, envFile }: ServiceCommand): readonly string[] {
  const { OPENCLAW_GATEWAY_TOKEN: token = "", OPENCLAW_GATEWAY_PASSWORD: password = "" } = process.env;
  return [
    ...(`${token}${password}`.trim() === ""
      ? []
      : [`The token of this shell's environment is not given to the service; put it into ${envFile} if it should be.`]),
    ...(script.startsWith(`${realpathSync(tmpdir())}${sep}`)
      ? [`${script} lies in a temporary directory; the service ends with it.`]
      : []),
  ];
}

export interface InstallResult extends StartResult {
  readonly notes: readonly string[];
}

/**
 * Writes the file, hands it to the supervisor and waits until the sidecar answers. Installing again replaces the service
 * and restarts it.
 * @throws ServiceError ALREADY_RUNS, SUPERVISOR, START_FAILED, START_TIMEOUT
 */
export async function installService(plan: InstallPlan, timeoutMs: number): Promise<InstallResult> {
  const { supervisor, stateDir, definition, notes } = plan;
  await supervisor.check();
  const running = findRunning(stateDir);
  if (running.kind === "ours" && !(await supervisor.state()).isActive) {
    throw new ServiceError(
      "ALREADY_RUNS",
      `A sidecar already runs from ${stateDir} (process ${running.info.pid}); stop it first with \`openclaw-sidecar stop\`.`,
    );
  }
  createStateDir(stateDir);
  createLogDir(outputPath(stateDir));
  mkdirSync(dirname(supervisor.path), { recursive: true });
  const isWide = supervisor.encoding === "utf16le";
  writeFileSync(supervisor.path, isWide ? `\uFEFF${definition}` : definition, { encoding: supervisor.encoding });
  const told = await supervisor.enable();
  const old = running.kind === "ours" ? running.info : undefined;
  const result = await untilServing(supervisor, { stateDir, timeoutMs }, old);
  return { ...result, alreadyRunning: false, notes: [...notes, ...told] };
}

/** Stops the service and removes it; the state directory stays. @throws ServiceError */
export async function uninstallService(service: Supervisor): Promise<void> {
  await service.check();
  await service.disable();
  rmSync(service.path, { force: true });
  await service.forget();
}
