import type { VNode } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useUi } from "../app/ui.ts";
import type { Failure } from "../../protocol/errors/failure.ts";
import { showUnseen } from "../markdown/escape.ts";
import { duration } from "../state/format.ts";
import { Icon, IconButton } from "./icon.tsx";

const MOST_ACTIONS = 2;

interface FailureCardProps {
  readonly failure: Failure;
  readonly target: string;
  /** How long the rung took that broke, milliseconds. */
  readonly ms: number | undefined;
}

/** What failed, why with the offending values, what to do. */
export function FailureCard({ failure, target, ms }: FailureCardProps): VNode {
  const { t, post } = useUi();
  const first = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    // The way on, but only for somebody who is in this panel and not in the middle of something else.
    if (document.hasFocus() && document.activeElement === document.body) first.current?.focus();
  }, [failure.code]);
  const facts = failure.facts.map((fact) => ({ label: fact.label, value: showUnseen(fact.value) }));
  const values = {
    host: target,
    detail: failure.message,
    ...Object.fromEntries(facts.map((fact) => [fact.label, fact.value])),
  };
  const words = ["title", "why", "remedy"] as const;
  // A value that stands in a sentence already is not listed again.
  const sentences = words.map((part) => t(`error.${failure.code}.${part}`)).join(" ");
  const listed = facts.filter((fact) => !sentences.includes(`{${fact.label}}`));
  const actions = failure.actions.slice(0, MOST_ACTIONS);
  return (
    <li>
      <div class="step broken">
        <Icon name="error" extra="err" />
        <span class="what">{t(`error.${failure.code}.title`, values)}</span>
        <span class="num">{ms !== undefined && duration(t, ms)}</span>
      </div>
      <section class="fix" role="alert">
        <p>{t(`error.${failure.code}.why`, values)}</p>
        {listed.length > 0 && (
          <dl class="facts">
            {listed.map((fact) => (
              <FactRow key={fact.label} label={t(`fact.${fact.label}`)} value={fact.value} />
            ))}
          </dl>
        )}
        <p class="quiet">{t(`error.${failure.code}.remedy`, values)}</p>
        <div class="row-actions">
          {actions.map((action, index) => (
            <button
              key={action}
              ref={index === 0 ? first : null}
              type="button"
              class="btn"
              onClick={() => post({ type: "errorAction", action })}
            >
              {t(`action.${action}`)}
            </button>
          ))}
          <IconButton name="copy" label={t("panel.failed.copyDetails")} onClick={() => post({ type: "copyDetails" })} />
        </div>
      </section>
    </li>
  );
}

function FactRow({ label, value }: { label: string; value: string }): VNode {
  return (
    <>
      <dt>{label}</dt>
      <dd class="mono">{value}</dd>
    </>
  );
}
