import type { VNode } from "preact";
import { useUi } from "../app/ui.ts";
import type { ScrollModel } from "../state/scroll-model.ts";
import { Icon } from "./icon.tsx";

/** The way back to the end, with the number of what came meanwhile. */
export function Jump({ scroll }: { scroll: ScrollModel }): VNode | null {
  const { t } = useUi();
  const missed = scroll.missed.value;
  if (scroll.following.value || (missed === 0 && !scroll.far.value)) return null;
  const n = missed > 99 ? "99+" : missed;
  return (
    <button
      type="button"
      class="jump"
      aria-label={missed > 0 ? t("panel.jump.label", { n }) : t("panel.jump.latestLabel")}
      onClick={() => scroll.toEnd()}
    >
      <Icon name="arrow-down" />
      {missed > 0 ? t("panel.jump", { n }) : t("panel.jump.latest")}
    </button>
  );
}
