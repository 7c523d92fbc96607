import type { VNode } from "preact";
import { useUi } from "../app/ui.ts";
import type { ScrollModel } from "../state/scroll-model.ts";

/** The question that is being answered, in one line, while it is scrolled away. */
export function Pin({ scroll }: { scroll: ScrollModel }): VNode | null {
  const { t } = useUi();
  const question = scroll.pinned.value;
  if (question === undefined) return null;
  const text = question.text.replace(/\s+/g, " ").slice(0, 200);
  return (
    <button
      type="button"
      class="pin"
      aria-label={t("panel.pin.go", { text })}
      onClick={() => scroll.toItem(question.id)}
    >
      <span class="clip">{text}</span>
    </button>
  );
}
