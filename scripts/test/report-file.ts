import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Gives a program a file to write its JSON report into, and reads it afterwards. Rejects when the program wrote none.
 * @param run gets the path of the file and returns the program's exit code
 */
export async function withReportFile(
  run: (file: string) => Promise<number | null>,
): Promise<{ readonly report: Readonly<Record<string, unknown>>; readonly code: number | null }> {
  const folder = await mkdtemp(join(tmpdir(), "openclaw-report-"));
  try {
    const file = join(folder, "report.json");
    const code = await run(file);
    const text = await readFile(file, "utf8").catch(() => {
      throw new Error(`It wrote no report (exit ${code})`);
    });
    const report: unknown = JSON.parse(text);
    if (!isRecord(report)) throw new Error("Its report is not an object");
    return { report, code };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
