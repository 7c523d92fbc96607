import { readdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { LEAST_NODE, isNewEnough } from "../../config/node-version.ts";
import { errnoOf } from "../../config/startup-error.ts";
import { isSafeSqlite } from "../../store/database.ts";
import type { DoctorContext, Finding } from "./finding.ts";

const MIB = 1024 * 1024;
const LOW_DISK_BYTES = 500 * MIB;
const FULL_DISK_BYTES = 50 * MIB;
const LOW_INODES = 1_000;
/** This code was written after it: a clock that shows an earlier day is wrong. */
const EARLIEST = Date.UTC(2026, 0, 1);
const CLOCK_SLACK_MS = 5 * 60_000;

/** The Node that runs this, which is the one that `start` and `install` use, and the SQLite in it. */
export function checkRuntime(): readonly Finding[] {
  const isCurrent = isNewEnough(process.versions.node);
  const { sqlite } = process.versions;
  const hasSafeSqlite = sqlite !== undefined && isSafeSqlite(sqlite);
  return [
    {
      id: "node.version",
      severity: isCurrent ? "ok" : "error",
      title: "Node",
      evidence: `${process.version} at ${process.execPath}`,
      ...(isCurrent ? {} : { remedy: `Install Node ${LEAST_NODE.join(".")} or newer.` }),
    },
    {
      id: "node.sqlite",
      severity: hasSafeSqlite ? "ok" : "error",
      title: "SQLite",
      evidence: sqlite ?? "this Node has none",
      ...(hasSafeSqlite
        ? {}
        : { remedy: "Install the newest release of your Node line: this SQLite can damage a database after a crash." }),
    },
  ];
}

/** Space and inodes where the state lies. */
export function checkDisk({ stateDir }: DoctorContext): readonly Finding[] {
  const title = "Disk";
  try {
    const { bavail, bsize, ffree, files } = statfsSync(stateDir);
    const free = bavail * bsize;
    const isOutOfInodes = files > 0 && ffree < LOW_INODES;
    const severity = free < FULL_DISK_BYTES ? "error" : free < LOW_DISK_BYTES || isOutOfInodes ? "warning" : "ok";
    const evidence = `${Math.floor(free / MIB)} MiB free${isOutOfInodes ? `, ${ffree} more files possible` : ""}`;
    const remedy = { remedy: "Free space on the disk of the state directory; nothing can be stored when it is full." };
    return [{ id: "disk.space", severity, title, evidence, ...(severity === "ok" ? {} : remedy) }];
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    return [{ id: "disk.space", severity: "warning", title, evidence: `not known (${errnoOf(error) ?? "error"})` }];
  }
}

/** A clock that went back makes signatures, tokens and the order of messages wrong. */
export function checkClock({ stateDir, now }: DoctorContext): readonly Finding[] {
  const finding = { id: "clock", title: "Clock" } as const;
  const today = new Date(now).toISOString();
  const remedy = "Set the clock of this computer, best with NTP; then restart the sidecar.";
  if (now < EARLIEST) return [{ ...finding, severity: "error", evidence: `it shows ${today}`, remedy }];
  const newest = newestChange(stateDir);
  if (newest > now + CLOCK_SLACK_MS) {
    const evidence = `it shows ${today}, but the state was changed at ${new Date(newest).toISOString()}`;
    return [{ ...finding, severity: "warning", evidence, remedy }];
  }
  return [{ ...finding, severity: "ok", evidence: today }];
}

function newestChange(stateDir: string): number {
  try {
    return Math.max(0, ...readdirSync(stateDir).map((name) => statSync(join(stateDir, name)).mtimeMs));
  } catch {
    // Not there, not readable, or changed in between: other checks say so.
    return 0;
  }
}
