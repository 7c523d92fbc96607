import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Judged, type Scenario, type Size, measure, table } from "./figure.ts";
import { links } from "./scenarios/links.ts";
import { cable } from "./scenarios/cable.ts";
import { chatKills } from "./scenarios/chat-kills.ts";
import { sidecarKills } from "./scenarios/sidecar-kills.ts";
import { sleep } from "./scenarios/sleep.ts";
import { slowLink } from "./scenarios/slow-link.ts";
import { tunnelKills } from "./scenarios/tunnel-kills.ts";
import { wrongToken } from "./scenarios/wrong-token.ts";
import { storeErrors } from "./store-errors.ts";
import { storeFull } from "./store-full.ts";

/** Those of one line run at the same time; they wait more than they work. */
const LINES: readonly (readonly Scenario[])[] = [
  [tunnelKills],
  [links, cable, wrongToken],
  [chatKills, sidecarKills],
  [slowLink],
  [storeFull, storeErrors],
];
/** Waits so long that all the others are done meanwhile. */
const BESIDE: readonly Scenario[] = [sleep];

/**
 * Breaks the way to a Gateway in every way we know and measures what a person would notice. Arguments: `--short`, names of
 * scenarios (all when there are none), `--report FILE` for a JSON report. The exit code is 1 when a bar is not met. A short
 * run measures a time that was too long once more.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { short: { type: "boolean", default: false }, report: { type: "string" } },
  });
  const size: Size = values.short ? "short" : "full";
  const known = [...LINES.flat(), ...BESIDE].map(({ name }) => name);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no scenario ${unknown.join(", ")}; there are ${known.join(", ")}.`);
    return 2;
  }
  const wanted = ({ name }: Scenario): boolean => positionals.length === 0 || positionals.includes(name);
  const startedAt = performance.now();
  const judgeAll = async (line: readonly Scenario[]): Promise<readonly Judged[]> =>
    (await Promise.all(line.filter(wanted).map(judge(size)))).flat();
  const rows: Judged[] = [];
  const beside = judgeAll(BESIDE);
  for (const line of LINES) rows.push(...(await judgeAll(line)));
  rows.push(...(await beside));
  const failed = rows.filter(({ figure }) => !figure.met).length;
  console.log(`${table(rows)}\n`);
  console.log(`${size}, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
  console.log(`${rows.length - failed} passed, ${failed} failed`);
  if (values.report !== undefined) await writeFile(values.report, JSON.stringify(reportOf(rows)));
  return failed === 0 ? 0 : 1;
}

const judge =
  (size: Size) =>
  async (scenario: Scenario): Promise<readonly Judged[]> => {
    process.stderr.write(`${scenario.name} …\n`);
    try {
      return (await measure(scenario, { size, patience: size === "short" })).map((figure) => ({
        scenario: scenario.name,
        figure,
      }));
    } catch (error) {
      process.stderr.write(`${scenario.name}: ${error instanceof Error ? error.stack : String(error)}\n`);
      const figure = { what: "carried out", value: "no", bar: "yes", met: false };
      return [{ scenario: scenario.name, figure }];
    }
  };

const reportOf = (rows: readonly Judged[]) => ({
  tests: rows.map(({ scenario, figure: { what, value, bar, met } }) => ({
    name: `${scenario}: ${what}`,
    ms: 0,
    ...(met ? {} : { error: `${value}, bar ${bar}` }),
  })),
});

process.exitCode = await main();
