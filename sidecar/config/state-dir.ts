import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { StartupError, errnoOf, reasonOf } from "./startup-error.ts";

/** Names of what lies in the state directory. */
export const STATE_FILES = {
  store: "sidecar.sqlite",
  runtime: "runtime.json",
  token: "gateway.token",
  deviceKey: "device-tokens.key",
  config: "openclaw.json",
} as const;

/** What a profile may be called: it becomes a part of a directory's name. */
export const PROFILE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * Where the sidecar keeps its state: the flag, else the environment, else the home directory and the profile's name.
 * @throws StartupError when the profile's name is none
 */
export function resolveStateDir(
  wish: { readonly stateDir?: string; readonly profile?: string },
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  if (wish.profile !== undefined && !PROFILE.test(wish.profile)) {
    throw new StartupError(`"${wish.profile}" is no profile name: use letters, digits, - and _.`, { exitCode: 2 });
  }
  if (wish.stateDir !== undefined) return resolve(wish.stateDir);
  const fromEnv = env["OPENCLAW_SIDECAR_STATE_DIR"];
  if (fromEnv !== undefined && fromEnv !== "" && wish.profile === undefined) return resolve(fromEnv);
  const suffix = wish.profile === undefined || wish.profile === "default" ? "" : `-${wish.profile}`;
  return join(homedir(), `.openclaw-sidecar${suffix}`);
}

/**
 * Says whether the state directory can be used, without changing anything.
 * @throws StartupError when it is a file, or cannot be made or written
 */
export function checkStateDir(stateDir: string): void {
  try {
    if (!statSync(stateDir).isDirectory()) {
      throw new StartupError(`The state directory ${stateDir} is a file; name a directory with --state-dir.`);
    }
    accessSync(stateDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw stateDirError(stateDir, error);
    checkCanCreate(stateDir, stateDir);
  }
}

function checkCanCreate(stateDir: string, path: string): void {
  const parent = dirname(path);
  try {
    accessSync(parent, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" || parent === path) throw stateDirError(stateDir, error);
    checkCanCreate(stateDir, parent);
  }
}

/** Makes the directory, for its owner only. */
export function createStateDir(stateDir: string): void {
  try {
    createFolder(stateDir);
  } catch (error) {
    throw stateDirError(stateDir, error);
  }
}

/** Makes a folder and those above it. Node's own recursive way never returns where nothing can be made (`/proc/x/y`). */
function createFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const code = errnoOf(error);
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    if (code !== "ENOENT" || dirname(path) === path || existsSync(dirname(path))) throw error;
    createFolder(dirname(path));
    mkdirSync(path, { mode: 0o700 });
  }
}

function stateDirError(stateDir: string, error: unknown): StartupError {
  if (error instanceof StartupError) return error;
  return new StartupError(
    `The state directory ${stateDir} cannot be written (${errnoOf(error) ?? reasonOf(error)}); make it writable or choose another with --state-dir.`,
    { cause: error },
  );
}
