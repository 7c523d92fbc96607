import type { ChatItem } from "../../protocol/chat/transcript.ts";

/** The first item that came after a moment and has an older one before it; -1 when there is none. */
export function firstAfter(items: readonly ChatItem[], since: number): number {
  const index = items.findIndex((item) => momentOf(item) > since);
  return index <= 0 ? -1 : index;
}

/** When an item was finished, as far as it is. */
function momentOf(item: ChatItem): number {
  return item.kind === "run" ? (item.endedAt ?? item.startedAt) : item.at;
}
