import type { RefObject, TargetedEvent } from "preact";
import { useRef } from "preact/hooks";

const INSIDE = "a[tabindex], button, summary, pre[tabindex], .tablewrap";

interface RowKeys {
  readonly onKeyDown: (event: TargetedEvent<HTMLElement, KeyboardEvent>) => void;
  readonly onFocusIn: (event: TargetedEvent<HTMLElement, FocusEvent>) => void;
}

/**
 * The transcript as one stop of the Tab key: arrows go from message to message, Enter goes inside, Escape comes out, Tab on
 * a message leaves the transcript. Everything inside stays reachable for a screen reader's own cursor.
 */
export function useRowKeys(rows: RefObject<HTMLDivElement | null>): RowKeys {
  const current = useRef<Element | null>(null);
  const onKeyDown = (event: TargetedEvent<HTMLElement, KeyboardEvent>): void => {
    const target = event.target;
    if (!(target instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = target.closest<HTMLElement>("article.row");
    if (row === null) return;
    current.current = row;
    if (event.key === "Escape" && target !== row) return take(event, row);
    if (target !== row) return;
    if (event.key === "ArrowDown") take(event, row.nextElementSibling);
    else if (event.key === "ArrowUp") take(event, row.previousElementSibling);
    else if (event.key === "Enter") take(event, row.querySelector(INSIDE));
    else if (event.key === "Tab") take(event, outside(event.currentTarget, event.shiftKey ? "before" : "after"));
  };
  const onFocusIn = (event: TargetedEvent<HTMLElement, FocusEvent>): void => {
    const { target, relatedTarget, currentTarget } = event;
    if (!(target instanceof HTMLElement) || !(relatedTarget instanceof Node) || currentTarget.contains(relatedTarget))
      return;
    // Coming from elsewhere by keyboard lands on the message, not on the last button of the last message.
    if (!target.matches(":focus-visible") || target.closest("article.row") === null) return;
    const kept =
      current.current !== null && rows.current?.contains(current.current)
        ? current.current
        : rows.current?.lastElementChild;
    if (kept instanceof HTMLElement && kept !== target) kept.focus();
  };
  return { onKeyDown, onFocusIn };
}

function take(event: Event, next: Element | null | undefined): void {
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}

/** The next thing to be focused outside of the transcript. */
function outside(log: HTMLElement, side: "before" | "after"): Element | undefined {
  const all = [...document.querySelectorAll("button:not([disabled]), textarea, input, a[tabindex]")].filter(
    (element) => !log.contains(element),
  );
  const wanted = side === "after" ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const there = all.filter((element) => (log.compareDocumentPosition(element) & wanted) !== 0);
  return side === "after" ? there[0] : there.at(-1);
}
