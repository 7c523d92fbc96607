import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { ScrollModel, Viewport } from "../state/scroll-model.ts";

/** Closer to the top than this, in pixels, earlier messages are asked for. */
const NEAR_TOP = 200;

interface ScrollParts {
  readonly scroll: ScrollModel;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly rows: RefObject<HTMLDivElement | null>;
  readonly onTop: () => void;
}

/** Couples the scroll model to the elements: measures after each render, moves the viewport where the model wants it. */
export function useScroll({ scroll, scroller, rows, onTop }: ScrollParts): () => void {
  const settle = useCallback(() => {
    if (scroller.current === null || rows.current === null) return;
    settleNow(scroll, scroller.current, rows.current);
  }, [scroll, scroller, rows]);
  useLayoutEffect(settle);
  const latestOnTop = useRef(onTop);
  latestOnTop.current = onTop;
  useEffect(() => {
    if (scroller.current === null || rows.current === null) return undefined;
    // Width of the panel, an opened step, a font that came late.
    const observer = new ResizeObserver(settle);
    observer.observe(scroller.current);
    observer.observe(rows.current);
    return () => observer.disconnect();
  }, [settle, scroller, rows]);
  return useCallback(() => {
    if (scroller.current === null || rows.current === null) return;
    scroll.scrolledTo(viewportOf(scroller.current, rows.current));
    if (scroller.current.scrollTop < NEAR_TOP && !scroll.following.peek()) latestOnTop.current();
  }, [scroll, scroller, rows]);
}

function settleNow(scroll: ScrollModel, scroller: HTMLElement, rows: HTMLElement): void {
  const heights = new Map<string, number>();
  for (const row of rows.children) {
    const id = row instanceof HTMLElement ? row.dataset["id"] : undefined;
    if (id !== undefined) heights.set(id, row.getBoundingClientRect().height);
  }
  const wanted = scroll.measured(heights, viewportOf(scroller, rows), scroller.clientWidth);
  const top = wanted === "end" ? scroller.scrollHeight - scroller.clientHeight : wanted + firstRowTop(rows);
  if (Math.abs(scroller.scrollTop - top) >= 1) scroller.scrollTop = top;
}

/** Where the first row would start: below what stands above the rows. */
function firstRowTop(rows: HTMLElement): number {
  const spacer = rows.previousElementSibling;
  return spacer instanceof HTMLElement ? spacer.offsetTop : 0;
}

function viewportOf(scroller: HTMLElement, rows: HTMLElement): Viewport {
  const origin = firstRowTop(rows);
  return { top: scroller.scrollTop - origin, height: scroller.clientHeight, end: scroller.scrollHeight - origin };
}
