import type { CommandOption } from "../../protocol/webview/contract.ts";

/** What is being typed that the composer can help with. */
export type Asking =
  | { readonly kind: "command"; readonly query: string }
  /** `start` is where the `@` stands. */
  | { readonly kind: "mention"; readonly query: string; readonly start: number };

/** Rows that somebody reads before they type one more letter. */
const MOST_ROWS = 50;

/** Reads the word before the caret: a slash command at the beginning of the text, or an `@` after a space. */
export function askingAt(text: string, caret: number): Asking | undefined {
  const before = text.slice(0, caret);
  const command = /^\/([^\s/]*)$/.exec(before);
  if (command !== null) return { kind: "command", query: command[1] ?? "" };
  const mention = /(?:^|\s)@([^\s@]{0,100})$/.exec(before);
  if (mention === null) return undefined;
  const query = mention[1] ?? "";
  return { kind: "mention", query, start: caret - query.length - 1 };
}

/** The commands that fit, those that begin with what was typed first, then by their words. */
export function fittingCommands(commands: readonly CommandOption[], query: string): readonly CommandOption[] {
  const wanted = query.toLowerCase();
  const rank = ({ name, description }: CommandOption): number => {
    const word = name.slice(1).toLowerCase();
    if (word.startsWith(wanted)) return 0;
    if (word.includes(wanted)) return 1;
    return description.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return commands
    .map((command) => ({ command, rank: rank(command) }))
    .filter((entry) => entry.rank < 3)
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, MOST_ROWS)
    .map(({ command }) => command);
}

/**
 * The text after an option was picked: its name instead of `@query`, its excerpt below everything else.
 * @returns where the caret belongs, too
 */
export function withMention(
  text: string,
  at: { readonly start: number; readonly query: string },
  mention: { readonly reference: string; readonly excerpt: string },
): { readonly text: string; readonly caret: number } {
  const end = at.start + at.query.length + 1;
  // What was typed since then is not to be overwritten.
  const isThere = text.slice(at.start, end) === `@${at.query}`;
  const head = isThere ? text.slice(0, at.start) : `${text}${/\s$|^$/.test(text) ? "" : " "}`;
  const tail = isThere ? text.slice(end) : "";
  const caret = head.length + mention.reference.length + 1;
  const whole = `${head}${mention.reference} ${tail.replace(/^ /, "")}`;
  return { text: `${whole.trimEnd().padEnd(caret)}\n\n${mention.excerpt}\n`, caret };
}
