/** Control, format (with every bidirectional override), line and paragraph separators, surrogates and private use. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/**
 * Makes a foreign text safe to show on one line: what cannot be seen or could reorder the line becomes `\u{HEX}`, and
 * what is too long is cut.
 * @param maxLength characters of the result, the ellipsis included
 */
export function printable(text: string, maxLength = 120): string {
  const cut = text.slice(0, maxLength * 2);
  const shown = cut.replace(UNPRINTABLE, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
  return shown.length > maxLength || cut.length < text.length ? `${shown.slice(0, maxLength - 1)}…` : shown;
}

/** The same for a text of several lines, such as a server's prompt: line feeds stay, the rest is made visible. */
export function printableLines(text: string, maxLength = 2000): string {
  return text
    .slice(0, maxLength)
    .split(/\r?\n/)
    .map((line) => printable(line, 400))
    .join("\n");
}
