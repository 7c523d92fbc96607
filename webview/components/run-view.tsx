import type { VNode } from "preact";
import { useState } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { RunItem } from "../../protocol/chat/transcript.ts";
import { clock, cost, counted, tokenCount, wholeDuration } from "../state/format.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon, IconButton } from "./icon.tsx";
import { Markdown } from "./markdown.tsx";
import { pure } from "./pure.tsx";
import { StepView } from "./step-view.tsx";
import { useSeconds } from "./use-seconds.ts";

interface RunProps {
  readonly run: RunItem;
  /** What was asked, for Retry. */
  readonly question: string | undefined;
}

/** An answer: the steps (one line once it is done), the text, what it took. */
export const RunView = pure(({ run, question }: RunProps): VNode => {
  const { t } = useUi();
  const growing = run.status === "streaming";
  return (
    <div class="turn">
      {growing ? <LiveSteps run={run} /> : <FoldedSteps run={run} />}
      {run.text !== "" && <Markdown text={run.text} growing={growing} />}
      {run.status === "error" && (
        <p class="state block">
          <Icon name="error" extra="err" />
          <span>
            {t("panel.run.failed")} {run.error !== undefined && <span class="quiet">{run.error}</span>}
          </span>
        </p>
      )}
      {growing ? run.text !== "" && <LiveFoot run={run} /> : <Foot run={run} question={question} />}
    </div>
  );
});

function LiveSteps({ run }: { run: RunItem }): VNode | null {
  const { t } = useUi();
  const busy = run.text !== "" || run.steps.some((step) => step.status === "running");
  if (busy && run.steps.length === 0) return null;
  return (
    <ol class="rail" aria-label={t("panel.run.label")}>
      {run.steps.map((step) => (
        <StepView key={step.id} step={step} />
      ))}
      {!busy && <Thinking run={run} />}
    </ol>
  );
}

function Thinking({ run }: { run: RunItem }): VNode {
  const { t } = useUi();
  const now = useSeconds(true);
  return (
    <li>
      <div class="step">
        <Icon name="loading" extra="spin accent" />
        <span class="what">{t("panel.run.thinking")}</span>
        <span class="num">{wholeDuration(t, now - run.startedAt)}</span>
      </div>
    </li>
  );
}

/** A finished run folds to one line; a step that failed stays in sight. */
function FoldedSteps({ run }: { run: RunItem }): VNode | null {
  const { t } = useUi();
  const [open, setOpen] = useState(false);
  if (run.steps.length === 0) return null;
  const failed = run.steps.filter((step) => step.status === "error");
  const time = wholeDuration(t, (run.endedAt ?? run.startedAt) - run.startedAt);
  return (
    <>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary class="runsum">
          <span>{counted(t, "panel.run.worked", run.steps.length, { time })}</span>
          <Icon name="chevron-right" extra="chev s12" />
        </summary>
        {open && (
          <ol class="rail" aria-label={t("panel.run.label")}>
            {run.steps.map((step) => (
              <StepView key={step.id} step={step} />
            ))}
          </ol>
        )}
      </details>
      {!open && failed.length > 0 && (
        <ol class="rail" aria-label={t("panel.run.label")}>
          {failed.map((step) => (
            <StepView key={step.id} step={step} />
          ))}
        </ol>
      )}
    </>
  );
}

function LiveFoot({ run }: { run: RunItem }): VNode {
  const { t, locale } = useUi();
  const parts = [wholeDuration(t, useSeconds(true) - run.startedAt)];
  if (run.totalTokens !== undefined) parts.push(t("panel.run.tokens", { n: tokenCount(locale, run.totalTokens) }));
  return (
    <footer class="foot">
      <span class="num">{parts.join(" · ")}</span>
    </footer>
  );
}

function Foot({ run, question }: RunProps): VNode {
  const { t, locale, post, store } = useUi();
  const parts = [clock(locale, run.endedAt ?? run.startedAt)];
  if (run.status === "aborted") parts.push(t("panel.run.stopped"));
  // What a Gateway answers by itself costs nothing, and a nought says nothing.
  if (run.totalTokens) parts.push(t("panel.run.tokens", { n: tokenCount(locale, run.totalTokens) }));
  if (run.costUsd) parts.push(cost(run.costUsd));
  const quoted = run.text.trim().replace(/^/gm, "> ");
  return (
    <footer class="foot">
      <span class="num">{parts.join(" · ")}</span>
      <span class="acts">
        {run.text !== "" && <CopyButton text={run.text} />}
        {question !== undefined && (
          <IconButton
            name="refresh"
            label={t("panel.retry")}
            onClick={() => post({ type: "send", clientId: crypto.randomUUID(), text: question })}
          />
        )}
        {run.text !== "" && (
          <IconButton
            name="quote"
            label={t("panel.quote")}
            onClick={() => store.wish({ type: "insert", text: `${quoted}\n\n` })}
          />
        )}
      </span>
    </footer>
  );
}
