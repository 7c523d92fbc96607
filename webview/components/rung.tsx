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
function Elapsed(): VNode {
  const { t } = useUi();
  const since = useRef(Date.now()).current;
  return <>{wholeDuration(t, useSeconds(true) - since)}</>;
}

/** What was not tried, folded away. */
export function UnreachedRungs({ rungs, target }: { rungs: readonly LadderRung[]; target: string }): VNode | null {
  const { t } = useUi();
  if (rungs.length === 0) return null;
  return (
    <li class="fold">
      <details>
        <summary class="step todo">
          <Icon name="circle-small" />
          <span class="clip">
            <span class="what">{counted(t, "panel.failed.unreached", rungs.length)}</span>
            <Icon name="chevron-right" extra="chev" />
          </span>
          <span class="num" />
        </summary>
        <ol class="rail">
          {rungs.map((rung) => (
            <Rung key={rung.step} rung={{ step: rung.step, status: "pending" }} target={target} />
          ))}
        </ol>
      </details>
    </li>
  );
}
