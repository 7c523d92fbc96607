import type { TargetedEvent } from "preact";
import { useRef } from "preact/hooks";
import { useUi } from "../app/ui.ts";

/** ↑ in an empty composer brings back what was asked before, ↓ goes forward again. Anything typed ends it. */
export function useHistoryKeys(
  text: string,
  setText: (text: string) => void,
): (event: TargetedEvent<HTMLTextAreaElement, KeyboardEvent>) => void {
  const { store } = useUi();
  const place = useRef<{ readonly back: number; readonly text: string } | undefined>(undefined);
  return (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const walking = place.current?.text === text && text !== "";
    const step =
      event.key === "ArrowUp" && (text === "" || walking) ? 1 : event.key === "ArrowDown" && walking ? -1 : 0;
    if (step === 0) return;
    const questions = [
      ...new Set(
        store.shownItems
          .peek()
          .flatMap((item) => (item.kind === "question" ? [item.text] : []))
          .toReversed(),
      ),
    ];
    const back = (walking ? (place.current?.back ?? -1) : -1) + step;
    const found = back < 0 ? "" : questions[back];
    if (found === undefined) return;
    event.preventDefault();
    place.current = { back, text: found };
    setText(found);
  };
}
