import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import { basename, dirname } from "node:path";
import type { RuntimeInfo } from "../store/runtime-file.ts";
import { outputPath } from "./log-file.ts";
import { isReady } from "./probe.ts";
import type { RestartResult } from "./restart.ts";
import { findRunning } from "./running.ts";
import { ServiceError } from "./service-error.ts";
import type { StartResult } from "./start.ts";
import { type StopWish, terminate } from "./stop.ts";
import { launchd } from "./supervisor/launchd.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";
import { systemd } from "./supervisor/systemd.ts";
import { taskScheduler } from "./supervisor/windows-task.ts";
import { waitFor } from "./wait.ts";

const PROBE_TIMEOUT_MS = 1_000;
/** How often a supervisor is asked whether it has given up, milliseconds. */
const STATE_INTERVAL_MS = 500;
const STATE_DIR = /^\.(openclaw-sidecar(?:-[A-Za-z0-9][A-Za-z0-9_-]*)?)$/;

/** What the service of a state directory is called: by its profile, else by a digest of the path. */
export function serviceName(stateDir: string, home: string): string {
  const profile = dirname(stateDir) === home ? STATE_DIR.exec(basename(stateDir))?.[1] : undefined;
  return profile ?? `openclaw-sidecar-${createHash("sha256").update(stateDir).digest("hex").slice(0, 8)}`;
}

/** The supervisor of this system for the sidecar of a state directory, whether it is installed or not. */
export function supervisorOf(stateDir: string): Supervisor {
  const home = homedir();
  const name = serviceName(stateDir, home);
  const { uid, username: user } = userInfo();
  const output = outputPath(stateDir);
  if (process.platform === "win32") {
    const { USERDOMAIN: domain = "." } = process.env;
    return taskScheduler({ name, user: `${domain}\\${user}`, output });
  }
  if (process.platform === "darwin") return launchd({ name, home, uid, output });
  return systemd({ name, home, uid, user, env: process.env });
}

/** The service of a state directory, if one is installed. */
export function installedService(stateDir: string): Supervisor | undefined {
  const supervisor = supervisorOf(stateDir);
  return existsSync(supervisor.path) ? supervisor : undefined;
}

export interface ServiceWish {
  readonly stateDir: string;
  readonly timeoutMs: number;
}

/** Starts the service and waits until the sidecar answers. @throws ServiceError */
export async function startService(service: Supervisor, wish: ServiceWish): Promise<StartResult> {
  const before = findRunning(wish.stateDir);
  const runs = before.kind === "ours";
  if (!runs) await service.start();
  return { ...(await untilServing(service, wish, undefined)), alreadyRunning: runs };
}

/** Restarts the service, also when its sidecar was started by hand. @throws ServiceError */
export async function restartService(service: Supervisor, wish: ServiceWish): Promise<RestartResult> {
  const before = findRunning(wish.stateDir);
  const old = before.kind === "ours" ? before.info : undefined;
  if (old !== undefined && !(await service.state()).isActive) {
    throw new ServiceError(
      "NOT_THE_SERVICE",
      `The sidecar (process ${old.pid}) was not started by the service ${service.unit}; stop it first, then start it.`,
    );
  }
  await service.restart();
  return { ...(await untilServing(service, wish, old)), alreadyRunning: false, stoppedPid: old?.pid };
}

/** How the sidecar of a service is asked to end, so that its supervisor does not start it again. */
export function stopWay(service: Supervisor | undefined): Pick<StopWish, "ask"> {
  if (service === undefined) return {};
  return { ask: async (info) => ((await service.state()).isActive ? service.stop() : terminate(info)) };
}

/** Waits for the sidecar of a service that was asked to start; `old` is the one that it replaces. */
export async function untilServing(
  service: Supervisor,
  { stateDir, timeoutMs }: ServiceWish,
  old: RuntimeInfo | undefined,
): Promise<Omit<StartResult, "alreadyRunning">> {
  let nextLook = performance.now() + STATE_INTERVAL_MS;
  const info = await waitFor(async () => {
    const now = findRunning(stateDir);
    if (now.kind === "ours" && now.info.bootId !== old?.bootId && (await isReady(now.info.url, PROBE_TIMEOUT_MS)))
      return now.info;
    if (performance.now() < nextLook) return undefined;
    nextLook = performance.now() + STATE_INTERVAL_MS;
    if (!(await service.state()).hasFailed) return undefined;
    throw new ServiceError("START_FAILED", `The service ${service.unit} does not start; see: ${service.logsHint}`);
  }, timeoutMs);
  if (info === undefined) {
    throw new ServiceError(
      "START_TIMEOUT",
      `The service ${service.unit} was not ready within ${timeoutMs} ms; see: ${service.logsHint}`,
      { exitCode: 3 },
    );
  }
  const { url, port, pid, version } = info;
  return { ready: true, url, port, pid, version };
}
