const LONGEST_PIECE = 20_000;
const MOST_DELIMITERS = 1_500;
const DEEPEST = /^(?:[ \t]*>){40}|^[ \t]{200}/m;
const FENCED = /^ {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\1|$(?![\s\S]))/gm;
const PIECES = /\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t])|\n(?=[ \t]*\|)/;

/**
 * True for markdown that no person writes and that a parser takes seconds for: emphasis matching is quadratic in the
 * delimiters of one paragraph, nesting is recursive. Such a block is shown as plain text. Code in fences is cheap.
 */
export function isTooCostly(raw: string): boolean {
  if (isTooDeep(raw)) return true;
  if (raw.length <= MOST_DELIMITERS) return false;
  const prose = raw.replace(FENCED, "");
  return prose
    .split(PIECES)
    .some((piece) => piece.length > LONGEST_PIECE || (piece.match(/[*_~]/g)?.length ?? 0) > MOST_DELIMITERS);
}

/** True for lists or quotes nested so deeply that even finding the blocks takes long. */
export function isTooDeep(raw: string): boolean {
  return DEEPEST.test(raw) && DEEPEST.test(raw.replace(FENCED, ""));
}
