import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { ownedProcess } from "../process/owned-process.ts";

/** What a stage counted. A stage that is one check counts as one test. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The name of each failed test and the first line of its reason, told again after everything else. */
  readonly failures?: readonly string[];
}

export interface Stage {
  readonly name: string;
  /** Rejects only when the stage could not be run at all, which counts as one failure. */
  readonly run: () => Promise<Tally>;
}

const FAILED: Tally = { passed: 0, failed: 1, skipped: 0 };

/** Longest that one command may take before it counts as hung. */
const PATIENCE_MS = 20 * 60_000;

/** Runs a command in the foreground and returns its exit code (null after a signal). Ends its group when it hangs. */
export async function runInForeground(command: string, args: readonly string[]): Promise<number | null> {
  const owned = ownedProcess(spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], detached: true }));
  const end = (): void => void owned.stop();
  const timer = setTimeout(() => {
    process.stdout.write(`${command} has not ended after ${PATIENCE_MS / 60_000} minutes: stopping it\n`);
    end();
  }, PATIENCE_MS);
  process.on("SIGINT", end).on("SIGTERM", end);
  try {
    return await owned.exit;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}

/** A failed test in one line: its name and the first line of why. */
export function failureLine(test: string, reason: unknown): string {
  const [first = ""] = stripVTControlCharacters(String(reason)).split("\n", 1);
  return `${test}: ${first}`;
}

/** A stage that passes when all its commands exit with 0. */
export function commandStage(name: string, ...commands: readonly (readonly [string, ...string[]])[]): Stage {
  return {
    name,
    async run() {
      let failed = 0;
      for (const [command, ...args] of commands) if ((await runInForeground(command, args)) !== 0) failed += 1;
      return failed === 0 ? { passed: 1, failed: 0, skipped: 0 } : FAILED;
    },
  };
}

/**
 * Runs the stages one after the other and goes on after a failure, so that one run tells everything. The last line is
 * `N passed, M failed`. Resolves with the exit code; SIGINT and SIGTERM stop after the stage that they end.
 */
export async function runStages(stages: readonly Stage[]): Promise<number> {
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.once("SIGINT", stop).once("SIGTERM", stop);
  const lines: string[] = [];
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, run } of stages) {
    if (stopped) break;
    process.stdout.write(`\n── ${name}\n`);
    const started = performance.now();
    const tally = await run().catch((error: unknown): Tally => {
      process.stdout.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      return FAILED;
    });
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    const skipped = tally.skipped === 0 ? "" : `, ${tally.skipped} skipped`;
    lines.push(
      `${tally.failed === 0 ? "✓" : "✗"} ${name}: ${tally.passed} passed, ${tally.failed} failed${skipped}, ${seconds} s`,
      ...(tally.failures ?? []).map((failure) => `FAILED ${name}: ${failure}`),
    );
  }
  if (stopped) {
    total.failed += 1;
    lines.push("✗ stopped before the end");
  }
  process.stdout.write(`\n${lines.join("\n")}\n`);
  if (total.skipped > 0) process.stdout.write(`${total.skipped} skipped\n`);
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}
