import { type ReadonlySignal, signal } from "@preact/signals";
import type { ChatItem, QuestionItem } from "../../protocol/chat/transcript.ts";
import { type Stretch, guessHeight, rowAt, rowOffsets, visibleStretch } from "./window.ts";

/** Closer to the end than this, in pixels, the transcript follows what comes. */
const FOLLOW_WITHIN = 24;
/** Rows are drawn this far beyond the viewport, in pixels. */
const MARGIN = 600;
/** Assumed until the viewport has been measured. */
const FIRST_HEIGHT = 800;

export interface RowLayout extends Stretch {
  /** Heights that stand for the rows above and below that are not drawn, in pixels. */
  readonly before: number;
  readonly after: number;
}

/** What the model needs to know of the scrolling element; all in pixels, `top` from the first row. */
export interface Viewport {
  readonly top: number;
  readonly height: number;
  /** Everything that can be scrolled, the distance from `top` 0 to the end. */
  readonly end: number;
}

/**
 * Which rows are drawn and where the reader is. Pure arithmetic over heights: measured where a row has been drawn, guessed
 * elsewhere. Who reads stays where they are: the row at the top edge keeps its place whatever grows above it. Who is at
 * the end follows.
 */
export class ScrollModel {
  readonly #following = signal(true);
  readonly #missed = signal(0);
  readonly #pinned = signal<QuestionItem | undefined>(undefined);
  readonly #scrolled = signal(false);
  readonly #far = signal(false);
  /** Changes when other rows have to be drawn. */
  readonly #version = signal(0);
  readonly #heights = new Map<string, number>();
  #items: readonly ChatItem[] = [];
  #offsets: Float64Array = rowOffsets([]);
  #drawn: Stretch = { start: 0, end: 0 };
  #viewport: Viewport = { top: 0, height: 0, end: 0 };
  #width = 360;
  #anchor: { readonly id: string; readonly offset: number } | undefined;

  get following(): ReadonlySignal<boolean> {
    return this.#following;
  }

  /** Items that came while the reader was elsewhere. */
  get missed(): ReadonlySignal<number> {
    return this.#missed;
  }

  /** The question that the text in sight answers, while it is scrolled away itself. */
  get pinned(): ReadonlySignal<QuestionItem | undefined> {
    return this.#pinned;
  }

  get scrolled(): ReadonlySignal<boolean> {
    return this.#scrolled;
  }

  /** More than a screen away from the end. */
  get far(): ReadonlySignal<boolean> {
    return this.#far;
  }

  get version(): ReadonlySignal<number> {
    return this.#version;
  }

  /** The rows to draw for these items, from where the reader is. */
  layout(items: readonly ChatItem[]): RowLayout {
    if (items !== this.#items) this.#setItems(items);
    const height = this.#viewport.height || FIRST_HEIGHT;
    const total = this.#offsets.at(-1) ?? 0;
    const top = this.#following.peek() ? total - height : (this.#anchorTop() ?? this.#viewport.top);
    this.#drawn = visibleStretch(this.#offsets, top, height, MARGIN);
    const { start, end } = this.#drawn;
    return { start, end, before: this.#offsets[start] ?? 0, after: total - (this.#offsets[end] ?? 0) };
  }

  /**
   * Takes over the heights of the drawn rows. Returns where the viewport has to stand so that the reader stays put, or
   * `"end"`; asks for another layout when the drawn rows do not fill it.
   */
  measured(heights: ReadonlyMap<string, number>, viewport: Viewport, width: number): number | "end" {
    this.#viewport = viewport;
    this.#width = width;
    let changed = false;
    for (const [id, height] of heights) {
      if (height <= 0 || this.#heights.get(id) === height) continue;
      this.#heights.set(id, height);
      changed = true;
    }
    if (changed) this.#offsets = this.#computeOffsets();
    const total = this.#offsets.at(-1) ?? 0;
    const following = this.#following.peek();
    const top = following ? total - viewport.height : (this.#anchorTop() ?? viewport.top);
    if (viewport.height > 0) this.#askUnlessDrawn(top, viewport.height);
    this.#look(top);
    return following ? "end" : top;
  }

  /** The reader scrolled (or the browser did). */
  scrolledTo(viewport: Viewport): void {
    const before = this.#viewport;
    this.#viewport = viewport;
    const distance = viewport.end - viewport.top - viewport.height;
    // Upwards is a wish to read, however small the step; content that shrinks moves upwards by itself.
    const upwards = viewport.top < before.top - 1 && viewport.end >= before.end;
    this.#following.value = distance <= FOLLOW_WITHIN && !(upwards && distance > 1);
    if (this.#following.value) this.#missed.value = 0;
    this.#setAnchor(viewport.top);
    this.#askUnlessDrawn(viewport.top, viewport.height);
    this.#look(viewport.top);
  }

  toEnd(): void {
    this.#following.value = true;
    this.#missed.value = 0;
    this.#version.value++;
  }

  /** Brings the row of an item to the top edge, below the pin. */
  toItem(id: string): void {
    const index = this.#items.findIndex((item) => item.id === id);
    if (index < 0) return;
    this.#following.value = false;
    this.#anchor = { id, offset: 0 };
    this.#version.value++;
  }

  #setItems(items: readonly ChatItem[]): void {
    const last = this.#items.at(-1);
    const known = last === undefined ? items.length : items.findLastIndex((item) => item.id === last.id) + 1;
    if (!this.#following.peek() && known > 0) this.#missed.value += items.length - known;
    this.#items = items;
    this.#offsets = this.#computeOffsets();
  }

  #computeOffsets(): Float64Array {
    return rowOffsets(this.#items.map((item) => this.#heights.get(item.id) ?? guessHeight(item, this.#width)));
  }

  #setAnchor(top: number): void {
    const index = rowAt(this.#offsets, top);
    const item = this.#items[index];
    this.#anchor = item && { id: item.id, offset: (this.#offsets[index] ?? 0) - top };
  }

  #anchorTop(): number | undefined {
    const anchor = this.#anchor;
    if (anchor === undefined) return undefined;
    const index = this.#items.findIndex((item) => item.id === anchor.id);
    return index < 0 ? undefined : (this.#offsets[index] ?? 0) - anchor.offset;
  }

  #askUnlessDrawn(top: number, height: number): void {
    const needed = visibleStretch(this.#offsets, top, height, MARGIN / 3);
    if (needed.start < this.#drawn.start || needed.end > this.#drawn.end) this.#version.value++;
  }

  #look(top: number): void {
    const total = this.#offsets.at(-1) ?? 0;
    this.#scrolled.value = top > 1 && total > this.#viewport.height;
    this.#far.value = total - top - this.#viewport.height > this.#viewport.height;
    this.#pinned.value = this.#questionAbove(top);
  }

  #questionAbove(top: number): QuestionItem | undefined {
    if (top <= 0) return undefined;
    for (let index = rowAt(this.#offsets, top); index >= 0; index--) {
      const item = this.#items[index];
      if (item?.kind === "question") return (this.#offsets[index + 1] ?? 0) <= top + 4 ? item : undefined;
    }
    return undefined;
  }
}
