import { join } from "node:path";
import { loadConfig } from "../../config/config.ts";
import { STATE_FILES } from "../../config/state-dir.ts";
import { reasonOf } from "../../config/startup-error.ts";
import { readIfPresent } from "../../store/private-file.ts";
import { findRunning } from "../running.ts";
import { checkConfig, checkSecret } from "./config-checks.ts";
import { checkLeftovers, checkPermissions } from "./files.ts";
import type { Check, DoctorContext, Finding } from "./finding.ts";
import { checkModel } from "./model.ts";
import { checkExposure, checkPort } from "./network.ts";
import { checkClock, checkDisk, checkRuntime } from "./platform.ts";
import { checkService } from "./service.ts";
import { checkStore } from "./store.ts";

const CHECKS: readonly Check[] = [
  checkRuntime,
  checkConfig,
  checkPermissions,
  checkLeftovers,
  checkStore,
  checkPort,
  checkExposure,
  checkSecret,
  checkModel,
  checkService,
  checkDisk,
  checkClock,
];

export interface Diagnosis {
  /** How things are now, after the repairs. */
  readonly findings: readonly Finding[];
  /** What was put right. */
  readonly repaired: readonly Finding[];
  /** What could not be, and why. */
  readonly unrepaired: readonly { readonly finding: Finding; readonly why: string }[];
}

/** Examines the sidecar of a state directory. Only looks, unless `isFixing`. */
export async function runDoctor({ stateDir, isFixing }: { stateDir: string; isFixing: boolean }): Promise<Diagnosis> {
  const first = await examine(stateDir);
  if (!isFixing) return { findings: first, repaired: [], unrepaired: [] };
  const repaired: Finding[] = [];
  const unrepaired: { finding: Finding; why: string }[] = [];
  for (const finding of first) {
    if (finding.repair === undefined) continue;
    try {
      finding.repair();
      repaired.push(finding);
    } catch (error) {
      unrepaired.push({ finding, why: reasonOf(error) });
    }
  }
  return { findings: repaired.length === 0 ? first : await examine(stateDir), repaired, unrepaired };
}

async function examine(stateDir: string): Promise<readonly Finding[]> {
  const running = findRunning(stateDir);
  const configPath = configPathOf(running) ?? join(stateDir, STATE_FILES.config);
  const context: DoctorContext = {
    stateDir,
    configPath,
    config: await loadConfig(configPath, { required: false }).then(
      (value) => ({ ok: true, value }),
      (error: unknown) => ({ ok: false, why: reasonOf(error) }),
    ),
    rawConfig: await rawConfigOf(configPath),
    running,
    env: process.env,
    now: Date.now(),
  };
  const found: Finding[] = [];
  // One after the other: the store is opened by more than one, and a second is the most that any takes.
  for (const check of CHECKS) found.push(...(await guarded(check, context)));
  return found;
}

/** A check that itself fails is a finding, and does not hide those of the others. */
async function guarded(check: Check, context: DoctorContext): Promise<readonly Finding[]> {
  try {
    return await check(context);
  } catch (error) {
    const evidence = `this could not be checked (${reasonOf(error)})`;
    return [{ id: `failed.${check.name}`, severity: "warning", title: "Doctor", evidence }];
  }
}

/** The running one may have been given another file. */
function configPathOf(running: ReturnType<typeof findRunning>): string | undefined {
  if (running.kind !== "ours") return undefined;
  const args = running.info.launch?.args ?? [];
  const index = args.indexOf("--config");
  return index < 0 ? undefined : args[index + 1];
}

async function rawConfigOf(path: string): Promise<unknown> {
  try {
    const { default: json5 } = await import("json5");
    return json5.parse<unknown>(readIfPresent(path) ?? "{}");
  } catch {
    // The check of the config says why.
    return {};
  }
}
