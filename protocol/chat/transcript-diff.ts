import type { ChatItem, TranscriptPatch, TranscriptView } from "./transcript.ts";

/**
 * The patches that turn one transcript into the other. Growth and changes in place become small patches; anything that
 * moves or removes items becomes a reset. Reused items cost one comparison; others are compared field by field.
 */
export function diffTranscripts(before: TranscriptView, after: TranscriptView): readonly TranscriptPatch[] {
  if (before.items === after.items && before.hasEarlier === after.hasEarlier) return [];
  const reset: TranscriptPatch = { type: "reset", items: after.items, hasEarlier: after.hasEarlier };
  if (before.hasEarlier !== after.hasEarlier || after.items.length < before.items.length) return [reset];
  const patches: TranscriptPatch[] = [];
  for (const [index, item] of after.items.entries()) {
    const old = before.items[index];
    if (old !== undefined && sameFields(old, item)) continue;
    if (old !== undefined && old.id !== item.id) return [reset];
    patches.push(patchItem(old, item));
  }
  return patches;
}

function patchItem(old: ChatItem | undefined, item: ChatItem): TranscriptPatch {
  const grows =
    old?.kind === "run" &&
    item.kind === "run" &&
    old.status === item.status &&
    sameFields(old.steps, item.steps) &&
    old.startedAt === item.startedAt &&
    item.text.length > old.text.length &&
    item.text.startsWith(old.text);
  return grows ? { type: "append", id: item.id, text: item.text.slice(old.text.length) } : { type: "upsert", item };
}

/** Equality of plain data. Items are shallow: lists of steps are the only nesting. */
function sameFields(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const left = Object.entries(a);
  if (left.length !== Object.keys(b).length) return false;
  const right = new Map(Object.entries(b));
  return left.every(([key, value]) => right.has(key) && sameFields(value, right.get(key)));
}
