/** Control and direction characters, and those that take no room: they make a line read as another than it is. */
const UNSEEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** The text with a blank for each run of characters that cannot be seen. Joiners, which scripts and emoji need, stay. */
export function withoutUnseen(text: string): string {
  return text.replace(UNSEEN, " ");
}

/** Words of a Gateway or a host made fit for a line of ours: one line, nothing unseen, at most this many characters. */
export function clip(text: string, most: number): string {
  // Looked at only as far as it can matter, so that a text of megabytes costs nothing.
  const clean = withoutUnseen(text.slice(0, most * 4))
    .replace(/\s+/gu, " ")
    .trim();
  return clean.length > most ? `${clean.slice(0, most - 1).trimEnd()}…` : clean;
}
