import type { Finding, Severity } from "../../service/doctor/finding.ts";
import { type Diagnosis, runDoctor } from "../../service/doctor/run-doctor.ts";
import type { CommandResult } from "../command.ts";
import type { ParsedArguments } from "../flags.ts";
import { readLifeWish } from "../life-options.ts";
import { plain } from "../table.ts";

const SHOWN: Readonly<Record<Severity, string>> = { ok: "ok", info: "note", warning: "WARN", error: "ERROR" };
const TITLE_WIDTH = 11;

/** `doctor`: what is wrong here, with the evidence and the remedy. Not well (exit code 1) from a warning on. */
export async function doctor(args: ParsedArguments): Promise<CommandResult> {
  const { stateDir } = readLifeWish(args);
  const diagnosis = await runDoctor({ stateDir, isFixing: args.options.has("fix") });
  const well = diagnosis.findings.every(({ severity }) => severity === "ok" || severity === "info");
  return {
    well,
    payload: {
      ok: well,
      stateDir,
      findings: diagnosis.findings.map(toJson),
      repaired: diagnosis.repaired.map(toJson),
      unrepaired: diagnosis.unrepaired.map(({ finding, why }) => ({ ...toJson(finding), why })),
    },
    lines: () => doctorLines(diagnosis),
  };
}

function toJson({ repair, ...finding }: Finding): Omit<Finding, "repair"> & { readonly fixable: boolean } {
  return { ...finding, fixable: repair !== undefined };
}

/** Pure: a diagnosis for a person. */
export function doctorLines({ findings, repaired, unrepaired }: Diagnosis): readonly string[] {
  const lines = repaired.map(({ evidence, remedy }) => `fixed  ${plain(evidence)} → ${plain(remedy ?? "")}`);
  lines.push(...unrepaired.map(({ finding, why }) => `NOT FIXED  ${plain(finding.evidence)}: ${plain(why)}`));
  for (const { severity, title, evidence, remedy } of findings) {
    lines.push(`${SHOWN[severity].padEnd(5)}  ${title.padEnd(TITLE_WIDTH)}  ${plain(evidence)}`);
    if (remedy !== undefined) lines.push(`${" ".repeat(TITLE_WIDTH + 9)}${plain(remedy)}`);
  }
  const wrong = findings.filter(({ severity }) => severity === "warning" || severity === "error");
  const fixable = wrong.filter(({ repair }) => repair !== undefined).length;
  const hint = fixable === 0 ? "" : `; ${fixable} of them can be put right with --fix`;
  return [...lines, wrong.length === 0 ? "Nothing is wrong." : `${wrong.length} to look at${hint}.`];
}
