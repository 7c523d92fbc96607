import { existsSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { chatSend } from "./groups/chat-send.ts";
import { cliHealth } from "./groups/cli-health.ts";
import { fanOut } from "./groups/fan-out.ts";
import { healthRate } from "./groups/health-rate.ts";
import { idle } from "./groups/idle.ts";
import { road } from "./groups/road.ts";
import { slowReader } from "./groups/slow-reader.ts";
import { start } from "./groups/start.ts";
import { tunnel } from "./groups/tunnel.ts";
import type { Row } from "./row.ts";
import { SIDECAR } from "./servers/start.ts";
import { judge, table } from "./table.ts";

const GROUPS = [start, healthRate, chatSend, fanOut, idle, slowReader, tunnel, road, cliHealth];

/**
 * Measures us against our peers and against what cannot be beaten, all in one run, and prints ratios with the bar of each.
 * Arguments: names of groups, all when there are none. The exit code is 1 when a bar is not met, 2 when nothing could run.
 */
async function main(names: readonly string[]): Promise<number> {
  const known = GROUPS.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) return refuse(`There is no group ${unknown.join(", ")}; there are ${known.join(", ")}.`);
  if (!existsSync(SIDECAR)) return refuse(`${SIDECAR} is not there: npm run build.`);
  console.log(
    `Node ${process.version}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; medians, sides interleaved.\n`,
  );
  const rows: Row[] = [];
  for (const group of GROUPS) {
    if (names.length > 0 && !names.includes(group.name)) continue;
    process.stderr.write(`measuring ${group.name} …\n`);
    rows.push(...(await group.measure()));
  }
  console.log(table(rows));
  const verdicts = rows.flatMap((row) => row.bars.map((bar) => judge(row, bar).met));
  const count = (met: boolean | undefined): number => verdicts.filter((each) => each === met).length;
  console.log(`\n${count(true)} bars met, ${count(false)} not met, ${count(undefined)} not measured.`);
  if (count(undefined) > 0) console.log("The real OpenClaw is not installed: npm run test:peer installs it.");
  return count(false) > 0 ? 1 : 0;
}

function refuse(message: string): number {
  console.error(message);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
