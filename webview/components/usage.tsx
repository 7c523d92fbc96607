import type { VNode } from "preact";
import { useUi } from "../app/ui.ts";
import { cost, tokenCount } from "../state/format.ts";

/** What the session has taken so far. */
export function Usage(): VNode | null {
  const { store, t, locale } = useUi();
  const usage = store.panel.value?.usage;
  if (usage === undefined) return null;
  const tokens = tokenCount(locale, usage.totalTokens);
  const used = usage.contextTokens
    ? Math.min(100, Math.round((usage.totalTokens / usage.contextTokens) * 100))
    : undefined;
  return (
    <p class="usage">
      <span>{used !== undefined && t("panel.usage.context", { n: used })}</span>
      <span class="num">
        {usage.costUsd === undefined
          ? t("panel.usage.total", { tokens })
          : t("panel.usage.totalCost", { tokens, cost: cost(usage.costUsd) })}
      </span>
    </p>
  );
}
