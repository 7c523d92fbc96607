import type { SettingStore } from "../store/settings.ts";

const NAME = "voicewake.triggers";
const DEFAULTS: readonly string[] = ["openclaw", "claude", "computer"];
const MAX_TRIGGERS = 32;
/** UTF-16 code units of one trigger. */
const MAX_LENGTH = 64;

/** The words that wake a voice client: one list for all of them, kept here (`docs/nodes/voicewake.md`). */
export function readTriggers(settings: SettingStore): readonly string[] {
  return cleanTriggers(settings.get(NAME));
}

/** Keeps a list and returns it as it was kept. */
export function writeTriggers(settings: SettingStore, wish: readonly unknown[]): readonly string[] {
  const triggers = cleanTriggers(wish);
  settings.set(NAME, triggers);
  return triggers;
}

/** Trimmed, without empty ones, at most 32 of 64 signs each; the defaults when nothing is left. */
export function cleanTriggers(value: unknown): readonly string[] {
  const given: readonly unknown[] = Array.isArray(value) ? value : [];
  const triggers = given
    .flatMap((item) => (typeof item === "string" && item.trim() !== "" ? [cut(item.trim())] : []))
    .slice(0, MAX_TRIGGERS);
  return triggers.length === 0 ? DEFAULTS : triggers;
}

/** Never through the middle of a surrogate pair. */
function cut(text: string): string {
  const end = /[\uD800-\uDBFF]/.test(text[MAX_LENGTH - 1] ?? "") ? MAX_LENGTH - 1 : MAX_LENGTH;
  return text.length <= MAX_LENGTH ? text : text.slice(0, end);
}
