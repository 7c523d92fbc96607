import type { ChatItem } from "../../protocol/chat/transcript.ts";

/** A stretch of rows: from `start` up to, not including, `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

const LINE = 20;

/** The height of a row before it was ever drawn, in pixels: near enough for the scroll bar, corrected on sight. */
export function guessHeight(item: ChatItem, width: number): number {
  const perLine = Math.max(24, Math.floor((width - 32) / 6.5));
  const lines = Math.max(1, Math.ceil(item.text.length / perLine) + Math.min(40, item.text.split("\n", 41).length - 1));
  if (item.kind === "run") return 16 + lines * LINE + (item.steps.length > 0 ? 32 : 0) + 32;
  return (item.kind === "question" ? 28 : 16) + lines * LINE;
}

/** Where each row starts; one number more than rows, the last is the whole height. */
export function rowOffsets(heights: readonly number[]): Float64Array {
  const offsets = new Float64Array(heights.length + 1);
  let sum = 0;
  for (const [index, height] of heights.entries()) {
    sum += height;
    offsets[index + 1] = sum;
  }
  return offsets;
}

/** The row at a height, by bisection. */
export function rowAt(offsets: Float64Array, y: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= y) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The rows to draw for a viewport, with `margin` pixels more on both sides. */
export function visibleStretch(offsets: Float64Array, top: number, height: number, margin: number): Stretch {
  const count = offsets.length - 1;
  if (count <= 0) return { start: 0, end: 0 };
  return {
    start: rowAt(offsets, Math.max(0, top - margin)),
    end: Math.min(count, rowAt(offsets, top + height + margin) + 1),
  };
}
