import type { TranslateRoad } from "../l10n/road-text.ts";
import type { LadderRung } from "./steps.ts";

const MARKS = { passed: "✓", failed: "✗", skipped: "–", running: "…", pending: "·" } as const;

/** Pure: one rung as one line of text: `✓ Reach the port: 192.168.1.20:22, 12 ms`. */
export function rungLine(rung: LadderRung, target: string, t: TranslateRoad): string {
  const time = rung.ms === undefined || rung.status === "skipped" ? undefined : `${Math.round(rung.ms)} ms`;
  const found = [rung.evidence, time].filter((part) => part !== undefined).join(", ");
  const step = t(`ladder.${rung.step}`, { target });
  return `${MARKS[rung.status]} ${step}${found === "" ? "" : `: ${found}`}`.replaceAll(/\s+/g, " ");
}
