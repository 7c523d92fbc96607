import { readFile } from "node:fs/promises";

/** Resident memory of a process in MB, as Linux counts it; NaN elsewhere. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** Linux counts in hundredths of a second (USER_HZ), whatever its own clock. */
const TICK_MS = 10;

/** Processor time that a process has used so far, its own and the kernel's for it, milliseconds; NaN elsewhere. */
export async function processorMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // proc(5): the name in parentheses may hold anything; `utime` and `stime` are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) * TICK_MS;
}
