import { clip, withoutUnseen } from "../chat/clip.ts";

/** Characters of a sentence, and of the lines below it in a modal. */
const MOST_SENTENCE = 1_000;
const MOST_DETAIL = 4_000;
const MOST_LABEL = 200;

/**
 * A sentence for a notification or a prompt. VS Code makes links of `[words](command:…)` in them, and a click runs the
 * command: what a Gateway, a host or a file has said must never become one.
 */
export function plainSentence(text: string): string {
  return withoutLinks(clip(text, MOST_SENTENCE));
}

/** The same for a text of several lines. */
export function plainLines(text: string): string {
  const cut = text.length > MOST_DETAIL ? `${text.slice(0, MOST_DETAIL - 1)}…` : text;
  return withoutLinks(cut.split("\n").map(withoutUnseen).join("\n"));
}

/** A foreign name in a label that has icons of ours: no `$(icon)` of its own, one line. */
export function plainLabel(text: string): string {
  return clip(text, MOST_LABEL).replaceAll("$(", "(");
}

const withoutLinks = (text: string): string => text.replaceAll("](", "] (");
