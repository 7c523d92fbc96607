import type { TranscriptPatch } from "../../protocol/chat/transcript.ts";

/**
 * Collects patches until the next frame, so that a burst of deltas costs one render. Text for one answer grows into one
 * patch: the queue stays short however long the frame takes (a hidden panel has no frames; a timer stands in).
 */
export class PatchQueue {
  #patches: TranscriptPatch[] = [];
  #cancel: (() => void) | undefined;
  readonly #flush: (patches: readonly TranscriptPatch[]) => void;
  readonly #schedule: (run: () => void) => () => void;

  constructor(
    flush: (patches: readonly TranscriptPatch[]) => void,
    schedule: (run: () => void) => () => void = nextFrame,
  ) {
    this.#flush = flush;
    this.#schedule = schedule;
  }

  add(patch: TranscriptPatch): void {
    const last = this.#patches.at(-1);
    if (patch.type === "reset") this.#patches = [patch];
    else if (patch.type === "append" && last?.type === "append" && last.id === patch.id) {
      this.#patches[this.#patches.length - 1] = { ...last, text: last.text + patch.text };
    } else this.#patches.push(patch);
    this.#cancel ??= this.#schedule(() => this.flush());
  }

  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const patches = this.#patches;
    this.#patches = [];
    if (patches.length > 0) this.#flush(patches);
  }
}

const HIDDEN_FRAME_MS = 250;

function nextFrame(run: () => void): () => void {
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, HIDDEN_FRAME_MS);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
