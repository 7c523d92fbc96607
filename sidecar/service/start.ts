import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, fstatSync, ftruncateSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { redact } from "../../protocol/util/redact.ts";
import { loadConfig } from "../config/config.ts";
import { chooseSecret } from "../config/credentials.ts";
import { type RunFlags, parseRunFlags } from "../config/flags.ts";
import { checkNode } from "../config/node-version.ts";
import { STATE_FILES, checkStateDir, createStateDir, resolveStateDir } from "../config/state-dir.ts";
import type { RuntimeInfo } from "../store/runtime-file.ts";
import { createLogDir, openPrivateAppend, outputPath } from "./log-file.ts";
import { isReady } from "./probe.ts";
import { runArguments } from "./run-arguments.ts";
import { findRunning } from "./running.ts";
import { ServiceError } from "./service-error.ts";
import { waitFor } from "./wait.ts";

const PROBE_TIMEOUT_MS = 1_000;
const MAX_OUTPUT_BYTES = 256 * 1024;
const SHOWN_LINES = 5;
/** How the sidecar says that another has its port or its state directory. */
const RIVAL = /is in use|is using/;
const RIVAL_GRACE_MS = 2_000;

export interface StartResult {
  readonly ready: true;
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly version: string;
  /** It ran before; nothing was started. */
  readonly alreadyRunning: boolean;
}

/**
 * Starts `run` in the background so that it outlives this terminal, and resolves when it takes connections. One that
 * already runs is left as it is.
 * @param argv the arguments of `run`; secrets among them reach the new process through its environment
 * @throws StartupError when the arguments or the config are wrong; nothing was started or written
 * @throws ServiceError PORT_DIFFERS, START_FAILED with the sidecar's own words, START_TIMEOUT
 */
export async function startSidecar(argv: readonly string[], timeoutMs: number): Promise<StartResult> {
  checkNode();
  const flags = parseRunFlags(argv);
  const stateDir = resolveStateDir(flags);
  const before = findRunning(stateDir);
  if (before.kind === "ours") return alreadyRunning(before.info, flags, timeoutMs);
  const secret = await secretToStartWith(flags, stateDir);
  checkStateDir(stateDir);
  createStateDir(stateDir);
  return launch({ flags, stateDir, timeoutMs, secrets: secret === undefined ? [] : [secret.value] });
}

/**
 * Says why a sidecar would not start with these arguments. Starts and writes nothing.
 * @throws StartupError when the arguments or the config are wrong
 */
export async function checkStart(argv: readonly string[]): Promise<void> {
  checkNode();
  const flags = parseRunFlags(argv);
  await secretToStartWith(flags, resolveStateDir(flags));
}

async function secretToStartWith(flags: RunFlags, stateDir: string): Promise<ReturnType<typeof chooseSecret>> {
  const configPath = flags.configPath ?? join(stateDir, STATE_FILES.config);
  return chooseSecret(flags, await loadConfig(configPath, { required: flags.configPath !== undefined }));
}

async function alreadyRunning(info: RuntimeInfo, flags: RunFlags, timeoutMs: number): Promise<StartResult> {
  if (flags.port !== undefined && flags.port !== 0 && flags.port !== info.port) {
    throw new ServiceError(
      "PORT_DIFFERS",
      `A sidecar already runs from this state directory on port ${info.port} (process ${info.pid}), not on ${flags.port}; stop it first, or use another --profile.`,
    );
  }
  return { ...(await untilReady(() => info, { stateDir: "", timeoutMs })), alreadyRunning: true };
}

interface Launch {
  readonly flags: RunFlags;
  readonly stateDir: string;
  readonly timeoutMs: number;
  readonly secrets: readonly string[];
}

async function launch({ flags, stateDir, timeoutMs, secrets }: Launch): Promise<StartResult> {
  const path = outputPath(stateDir);
  createLogDir(path);
  const output = openPrivateAppend(path);
  if (fstatSync(output).size > MAX_OUTPUT_BYTES) ftruncateSync(output);
  const offset = fstatSync(output).size;
  let ended: string | undefined;
  let endedAt: number | undefined;
  // Its own session (setsid): closing the terminal or the SSH connection does not reach it.
  const child = spawn(process.execPath, [...ownScript(), "run", ...runArguments(flags, stateDir), "--quiet"], {
    cwd: stateDir,
    detached: true,
    env: { ...process.env, ...secretEnv(flags) },
    stdio: ["ignore", output, output],
    windowsHide: true,
  });
  closeSync(output);
  child.once("error", (error) => (ended = error.message));
  child.once("exit", (code, signal) => (ended ??= `exit code ${code ?? signal}`));
  const find = (): RuntimeInfo | undefined => {
    const now = findRunning(stateDir);
    if (now.kind === "ours") return now.info;
    if (ended === undefined) return undefined;
    endedAt ??= performance.now();
    const said = redact(readFileSync(path).subarray(offset).toString("utf8"), secrets);
    // Perhaps one that was started at the same moment was faster, and has not yet said where it is.
    if (RIVAL.test(said) && performance.now() - endedAt < RIVAL_GRACE_MS) return undefined;
    throw startFailed(ended, said);
  };
  let result: Omit<StartResult, "alreadyRunning"> | undefined;
  try {
    result = await untilReady(find, { stateDir, timeoutMs });
  } finally {
    // Not ready in time, or of two that were started at once the one that came second: it must not wait for its chance.
    if (result?.pid !== child.pid && ended === undefined) {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    }
  }
  child.unref();
  return { ...result, alreadyRunning: result.pid !== child.pid };
}

/** How this very program is started: with the script, unless it is a single executable. */
function ownScript(): readonly string[] {
  const [, script] = process.argv;
  return script === undefined ? [] : [script];
}

function secretEnv({ token, password }: RunFlags): Readonly<Record<string, string>> {
  return {
    ...(token === undefined ? {} : { OPENCLAW_GATEWAY_TOKEN: token }),
    ...(password === undefined ? {} : { OPENCLAW_GATEWAY_PASSWORD: password }),
  };
}

/** Waits until the sidecar that `find` finds answers. */
async function untilReady(
  find: () => RuntimeInfo | undefined,
  { stateDir, timeoutMs }: { readonly stateDir: string; readonly timeoutMs: number },
): Promise<Omit<StartResult, "alreadyRunning">> {
  const info = await waitFor(async () => {
    const now = find();
    return now !== undefined && (await isReady(now.url, PROBE_TIMEOUT_MS)) ? now : undefined;
  }, timeoutMs);
  if (info === undefined) {
    const where = stateDir === "" ? "" : `; see ${outputPath(stateDir)}`;
    throw new ServiceError("START_TIMEOUT", `The sidecar was not ready within ${timeoutMs} ms${where}.`, {
      exitCode: 3,
    });
  }
  const { url, port, pid, version } = info;
  return { ready: true, url, port, pid, version };
}

function startFailed(how: string, output: string): ServiceError {
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const own = lines.findLast((line) => line.startsWith("openclaw-sidecar: "));
  const said = own?.slice("openclaw-sidecar: ".length) ?? lines.slice(-SHOWN_LINES).join(" / ");
  return new ServiceError(
    "START_FAILED",
    said === ""
      ? `The sidecar ended before it was ready (${how}) and could not say why; look at the free space of its disk.`
      : `The sidecar did not start: ${said}`,
  );
}
