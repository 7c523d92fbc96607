import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { LadderRung } from "../../protocol/ladder/steps.ts";
import { counted, duration, wholeDuration } from "../state/format.ts";
import { Icon } from "./icon.tsx";
import { useSeconds } from "./use-seconds.ts";

const ICONS = {
  pending: ["circle-small", ""],
  running: ["loading", "spin accent"],
  passed: ["check", "ok"],
  skipped: ["circle-small", ""],
  failed: ["error", "err"],
} as const satisfies Record<LadderRung["status"], readonly [string, string]>;

/** One rung: a bare check with its evidence once passed, a dot while it has not begun. */
export function Rung({ rung, target }: { rung: LadderRung; target: string }): VNode {
  const { t } = useUi();
  const [icon, extra] = ICONS[rung.status];
  const what = t(`ladder.${rung.step}`, { target });
  return (
    <li>
      <div class={rung.status === "pending" ? "step todo" : "step"}>
        <Icon name={icon} extra={extra} />
        <span class="clip" title={rung.evidence === undefined ? what : `${what} ${rung.evidence}`}>
          <span class="what">{what}</span>
          {rung.evidence !== undefined && <span class="ev">{rung.evidence}</span>}
        </span>
        <span class="num">
          {rung.status === "running" ? <Elapsed /> : rung.ms !== undefined && duration(t, rung.ms)}
        </span>
      </div>
    </li>
  );
}

/** Since this was first drawn: the rung's own clock is not ours. */
export function Elapsed(): VNode {
  const { t } = useUi();
  const since = useRef(Date.now()).current;
  return <>{wholeDuration(t, useSeconds(true) - since)}</>;
}

interface FoldProps {
  readonly rungs: readonly LadderRung[];
  readonly target: string;
  /** Words for the fold; a pair `.one` and `.many`. */
  readonly words: "panel.failed.unreached" | "panel.pairing.passed" | "panel.pairing.toGo";
}

/** Rungs that tell nothing now, in one line that opens. */
export function FoldedRungs({ rungs, target, words }: FoldProps): VNode | null {
  const { t } = useUi();
  if (rungs.length === 0) return null;
  const isPassed = words === "panel.pairing.passed";
  const ms = rungs.reduce((sum, rung) => sum + (rung.ms ?? 0), 0);
  return (
    <li class="fold">
      <details>
        <summary class={isPassed ? "step" : "step todo"}>
          <Icon name={isPassed ? "check" : "circle-small"} extra={isPassed ? "ok" : ""} />
          <span class="clip">
            <span class="what">{counted(t, words, rungs.length)}</span>
            <Icon name="chevron-right" extra="chev" />
          </span>
          <span class="num">{isPassed && duration(t, ms)}</span>
        </summary>
        <ol class="rail">
          {rungs.map((rung) => (
            <Rung key={rung.step} rung={isPassed ? rung : { step: rung.step, status: "pending" }} target={target} />
          ))}
        </ol>
      </details>
    </li>
  );
}
