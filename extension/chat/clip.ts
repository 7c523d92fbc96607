/**
 * Words of a Gateway or a host made fit for a line of ours: one line, no control or direction characters, at most this many
 * characters.
 */
export function clip(text: string, most: number): string {
  // Looked at only as far as it can matter, so that a text of megabytes costs nothing.
  const clean = text
    .slice(0, most * 4)
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim();
  return clean.length > most ? `${clean.slice(0, most - 1).trimEnd()}…` : clean;
}
