import { type Stats, chmodSync, lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { STATE_FILES } from "../../config/state-dir.ts";
import { errnoOf } from "../../config/startup-error.ts";
import { parseRuntimeFile } from "../../store/runtime-file.ts";
import { isRunning } from "../process-identity.ts";
import { isStoreFree } from "./store.ts";
import type { DoctorContext, Finding } from "./finding.ts";

const PRIVATE_DIR = 0o700;
const PRIVATE_FILE = 0o600;
const FOREIGN_BITS = 0o077;
/** What `writePrivateFile` leaves when its process is killed in the middle. */
const TEMPORARY = /\.(\d+)\.tmp$/;

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, "0");

/** The state directory and all in it are for their owner only. */
export function checkPermissions({ stateDir }: DoctorContext): readonly Finding[] {
  const title = "Permissions";
  const top = statOf(stateDir);
  if (top === undefined) {
    return [{ id: "permissions", severity: "info", title, evidence: `${stateDir} is not there: nothing has run yet` }];
  }
  if (process.platform === "win32") {
    return [{ id: "permissions", severity: "info", title, evidence: "not looked at on Windows" }];
  }
  const wrong = [stateDir, ...pathsBelow(stateDir)].flatMap(permissionOf);
  if (wrong.length > 0) return wrong;
  return [{ id: "permissions", severity: "ok", title, evidence: `${stateDir} and its files are yours alone` }];
}

function permissionOf(path: string): readonly Finding[] {
  const stats = statOf(path);
  if (stats === undefined) return [];
  const finding = { id: "permissions", title: "Permissions" } as const;
  if (stats.isSymbolicLink()) {
    const remedy = "Make sure that you put it there, and that what it points to is yours alone.";
    return [{ ...finding, severity: "warning", evidence: `${path} is a link`, remedy }];
  }
  if (stats.uid !== process.getuid?.()) {
    const remedy = `Run as that user, or: chown -R "$(id -un)" ${path}`;
    return [{ ...finding, severity: "error", evidence: `${path} belongs to user ${stats.uid}`, remedy }];
  }
  if ((stats.mode & FOREIGN_BITS) === 0) return [];
  const mode = stats.isDirectory() ? PRIVATE_DIR : PRIVATE_FILE;
  return [
    {
      ...finding,
      severity: "error",
      evidence: `${path} is open to others (${octal(stats.mode)})`,
      remedy: `chmod ${octal(mode)} ${path}`,
      repair: () => chmodSync(path, mode),
    },
  ];
}

/** What a crash left behind: a runtime file without its process, half-written files. */
export function checkLeftovers({ stateDir, running }: DoctorContext): readonly Finding[] {
  const found: Finding[] = [];
  const title = "Leftovers";
  if (running.kind === "stale") {
    const { info, why } = running;
    // A sidecar in another container has other process ids, but it holds the store.
    const isFree = isStoreFree(stateDir);
    const path = join(stateDir, STATE_FILES.runtime);
    const rest = {
      remedy: `Remove ${path}; the next start does it as well.`,
      repair: () => {
        if (parseRuntimeFile(stateDir)?.bootId === info.bootId && isStoreFree(stateDir)) rmSync(path, { force: true });
      },
    };
    found.push({
      id: "leftovers.runtime",
      severity: "warning",
      title,
      evidence: `${STATE_FILES.runtime} is stale: ${why}${isFree ? "" : ", yet somebody uses the store"}`,
      ...(isFree ? rest : { remedy: "A sidecar outside of this container or computer uses the same state directory." }),
    });
  }
  for (const path of pathsBelow(stateDir)) {
    const pid = TEMPORARY.exec(path)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    found.push({
      id: "leftovers.temporary",
      severity: "warning",
      title,
      evidence: `${path} was left by process ${pid}, which has ended`,
      remedy: `Remove ${path}.`,
      repair: () => rmSync(path, { force: true }),
    });
  }
  return found.length > 0 ? found : [{ id: "leftovers", severity: "ok", title, evidence: "none" }];
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Everything in the directory, two levels deep, without following links. */
function pathsBelow(dir: string, depth = 2): readonly string[] {
  if (depth === 0) return [];
  try {
    return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
      const path = join(dir, entry.name);
      return entry.isDirectory() ? [path, ...pathsBelow(path, depth - 1)] : [path];
    });
  } catch {
    // Not there or not readable: the check of the directory itself says so.
    return [];
  }
}
