import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { RunStep } from "../../protocol/chat/transcript.ts";
import { showUnseen } from "../markdown/escape.ts";
import { stepDuration, wholeDuration } from "../state/format.ts";
import { stepWords } from "../state/step-words.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon } from "./icon.tsx";
import { useSeconds } from "./use-seconds.ts";

/** More of a result is not drawn; Copy gives all of it. In characters. */
const LONGEST = 16_384;

/** One tool call: what was done, to what, for how long; arguments and result when opened. */
export function StepView({ step }: { step: RunStep }): VNode {
  const { t } = useUi();
  const [open, setOpen] = useState(false);
  const { icon, verb, object } = stepWords(step, t);
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary class="step">
          <StatusIcon status={step.status} icon={icon} />
          <span class="clip" title={`${verb} ${object}`.trimEnd()}>
            <span class="what">{verb}</span> {object !== "" && <span class="mono">{object}</span>}
            <Icon name="chevron-right" extra="chev" />
          </span>
          <span class="num">
            {step.status === "running" ? (
              <Running since={step.startedAt} />
            ) : (
              step.ms !== undefined && stepDuration(t, step.ms)
            )}
          </span>
        </summary>
        {open && (
          <div class="body">
            {step.args !== "" && <Output label={t("panel.run.arguments")} text={step.args} />}
            {step.result !== undefined && (
              <Output label={t(step.status === "error" ? "panel.run.error" : "panel.run.result")} text={step.result} />
            )}
          </div>
        )}
      </details>
    </li>
  );
}

function StatusIcon({ status, icon }: { status: RunStep["status"]; icon: string }): VNode {
  if (status === "running") return <Icon name="loading" extra="spin accent" />;
  return status === "error" ? <Icon name="error" extra="err" /> : <Icon name={icon} />;
}

function Running({ since }: { since: number }): VNode {
  const { t } = useUi();
  return <>{wholeDuration(t, useSeconds(true) - since)}</>;
}

function Output({ label, text }: { label: string; text: string }): VNode {
  const shown = showUnseen(text.slice(0, LONGEST));
  return (
    <div class="io">
      <span class="lab">{label}</span>
      <CopyButton text={text} />
      <pre tabIndex={0} role="group" aria-label={label}>
        {text.length > LONGEST ? `${shown}…` : shown}
      </pre>
    </div>
  );
}
