/** The transcript as a person sees it: plain data, in order, each item with a stable id. */
export type ChatItem = QuestionItem | RunItem | NoticeItem;

export interface QuestionItem {
  readonly kind: "question";
  /** The send's idempotency key when we know it, else the transcript row's id. */
  readonly id: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** `queued`: not sent yet. `waiting`: sent, not acknowledged. `failed`: refused, see `error`. */
  readonly delivery: "queued" | "waiting" | "sent" | "failed";
  readonly error?: string;
}

export interface RunItem {
  readonly kind: "run";
  readonly id: string;
  readonly runId: string;
  readonly steps: readonly RunStep[];
  /** Markdown, as far as it has come. */
  readonly text: string;
  readonly status: "streaming" | "done" | "aborted" | "error";
  readonly error?: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly totalTokens?: number;
  readonly costUsd?: number;
}

export interface RunStep {
  readonly id: string;
  readonly tool: string;
  /** Arguments as indented JSON, at most 16 KiB. */
  readonly args: string;
  readonly result?: string;
  readonly status: "running" | "ok" | "error";
  readonly startedAt: number;
  readonly ms?: number;
}

export interface NoticeItem {
  readonly kind: "notice";
  readonly id: string;
  readonly text: string;
  readonly at: number;
}

/** A change to a transcript. Items are replaced whole, but for the text that streams in. */
export type TranscriptPatch =
  | { readonly type: "reset"; readonly items: readonly ChatItem[]; readonly hasEarlier: boolean }
  | { readonly type: "prepend"; readonly items: readonly ChatItem[]; readonly hasEarlier: boolean }
  | { readonly type: "upsert"; readonly item: ChatItem }
  | { readonly type: "append"; readonly id: string; readonly text: string }
  | { readonly type: "remove"; readonly id: string };

export interface TranscriptView {
  readonly items: readonly ChatItem[];
  readonly hasEarlier: boolean;
}

export const emptyTranscript: TranscriptView = { items: [], hasEarlier: false };

/** Pure: used by both sides of the webview, so that both hold the same transcript. */
export function applyPatch(view: TranscriptView, patch: TranscriptPatch): TranscriptView {
  switch (patch.type) {
    case "reset":
      return { items: patch.items, hasEarlier: patch.hasEarlier };
    case "prepend":
      return { items: [...patch.items, ...view.items], hasEarlier: patch.hasEarlier };
    case "upsert": {
      const index = view.items.findLastIndex((item) => item.id === patch.item.id);
      const items = index < 0 ? [...view.items, patch.item] : view.items.with(index, patch.item);
      return { ...view, items };
    }
    case "append": {
      const index = view.items.findLastIndex((item) => item.id === patch.id);
      const item = view.items[index];
      if (item?.kind !== "run") return view;
      return { ...view, items: view.items.with(index, { ...item, text: item.text + patch.text }) };
    }
    case "remove":
      return { ...view, items: view.items.filter((item) => item.id !== patch.id) };
  }
}
