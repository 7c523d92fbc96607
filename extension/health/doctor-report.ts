import type { Failure } from "../../protocol/errors/failure.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { rungLine } from "../../protocol/ladder/rung-line.ts";
import type { Ladder } from "../../protocol/ladder/steps.ts";
import { factValues } from "../ui/fact-values.ts";

export interface DoctorFindings {
  readonly name: string;
  readonly path: string;
  readonly ladder: Ladder;
  readonly failure: Failure | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Pure: one climb of the ladder as a markdown document. */
export function doctorReport(findings: DoctorFindings, t: Translate): string {
  const { name, path, ladder, failure, at } = findings;
  const lines = [
    `# ${t("extension.doctor.title", { name })}`,
    "",
    `\`${path}\` · ${new Date(at).toISOString()}`,
    "",
    failure === undefined ? t("extension.doctor.fine") : t("extension.doctor.stopped"),
    "",
    ...ladder.map((rung) => `- ${rungLine(rung, name, t)}`),
    "",
  ];
  return [...lines, ...(failure === undefined ? [] : failureLines(failure, t))].join("\n");
}

function failureLines(failure: Failure, t: Translate): readonly string[] {
  const values = factValues(failure);
  return [
    `## ${t(`error.${failure.code}.title`, values)}`,
    "",
    t(`error.${failure.code}.why`, values),
    "",
    t(`error.${failure.code}.remedy`, values),
    "",
    ...failure.facts.map(({ label, value }) => `- ${label}: \`${value.replaceAll("`", "'")}\``),
    "",
    `\`${failure.code}\`: ${failure.message}`,
    "",
  ];
}

/** What *Copy details* puts into the clipboard; the caller redacts it. English and plain, for a bug report. */
export function failureDetails(failure: Failure, ladder: Ladder, version: string): string {
  const rungs = ladder
    .filter(({ status }) => status !== "pending")
    .map(({ step, status, evidence, ms }) => {
      const time = ms === undefined ? "" : ` ${Math.round(ms)} ms`;
      return `  ${step}: ${status}${time}${evidence === undefined ? "" : ` (${evidence})`}`;
    });
  return [
    `OpenClaw Remote ${version}`,
    `${failure.code} at ${failure.step}: ${failure.message}`,
    ...failure.facts.map(({ label, value }) => `  ${label}: ${value}`),
    "Ladder:",
    ...rungs,
    "",
  ].join("\n");
}
