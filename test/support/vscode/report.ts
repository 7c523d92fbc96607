import { readFile, writeFile } from "node:fs/promises";

/** How one test ended. `error` is there when it failed. */
export interface TestOutcome {
  readonly name: string;
  /** Milliseconds. */
  readonly ms: number;
  readonly error?: string;
}

/** The file format that scripts/test.mjs counts: `{ "tests": TestOutcome[] }`. */
export async function writeReport(file: string, tests: readonly TestOutcome[]): Promise<void> {
  await writeFile(file, JSON.stringify({ tests }, undefined, 2));
}

export async function readReport(file: string): Promise<readonly TestOutcome[]> {
  const { tests } = JSON.parse(await readFile(file, "utf8")) as { tests: TestOutcome[] };
  return tests;
}

export function hasFailed(tests: readonly TestOutcome[]): boolean {
  return tests.some(({ error }) => error !== undefined);
}

/** Runs one named test to its end and says how it ended. Never rejects. */
export async function outcomeOf(name: string, body: () => void | Promise<void>): Promise<TestOutcome> {
  const started = performance.now();
  const ms = (): number => Math.round(performance.now() - started);
  try {
    await body();
    return { name, ms: ms() };
  } catch (error) {
    return { name, ms: ms(), error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** One line a test, in the manner of vitest. */
export function describeOutcome({ name, ms, error }: TestOutcome): string {
  return error === undefined ? ` ✓ ${name} (${ms} ms)` : ` ✗ ${name} (${ms} ms)\n${error.replaceAll(/^/gm, "     ")}`;
}
