import type { Failure } from "../../protocol/errors/failure.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { rungLine } from "../../protocol/ladder/rung-line.ts";
import type { Ladder } from "../../protocol/ladder/steps.ts";
import { factValues } from "../ui/fact-values.ts";

/** One climb of one road. */
export interface RoadFindings {
  readonly path: string;
  readonly ladder: Ladder;
  readonly failure: Failure | undefined;
}

export interface DoctorFindings {
  readonly name: string;
  readonly roads: readonly RoadFindings[];
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Pure: the climbs of the ladder as a markdown document. */
export function doctorReport({ name, roads, at }: DoctorFindings, t: Translate): string {
  return [
    `# ${t("extension.doctor.title", { name })}`,
    "",
    ...roads.flatMap((road) => roadLines(road, { name, at, t })),
  ].join("\n");
}

function roadLines(
  { path, ladder, failure }: RoadFindings,
  { name, at, t }: { readonly name: string; readonly at: number; readonly t: Translate },
): readonly string[] {
  return [
    `\`${path.replaceAll("`", "'")}\` · ${new Date(at).toISOString()}`,
    "",
    failure === undefined ? t("extension.doctor.fine") : t("extension.doctor.stopped"),
    "",
    ...ladder.map((rung) => `- ${rungLine(rung, name, t)}`),
    "",
    ...(failure === undefined ? [] : failureLines(failure, t)),
  ];
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
