/**
 * OpenSSH's patterns: `*` is any run of characters, `?` any single one. Linear in the text for each `*`, so that a hostile
 * pattern cannot make it slow.
 */
export function matchesWildcard(text: string, pattern: string): boolean {
  let t = 0;
  let p = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** A pattern list matches when one pattern does and no `!pattern` does (ssh_config(5), PATTERNS). */
export function matchesPatternList(text: string, patterns: readonly string[]): boolean {
  let matched = false;
  for (const pattern of patterns) {
    if (pattern.startsWith("!")) {
      if (matchesWildcard(text, pattern.slice(1))) return false;
    } else if (matchesWildcard(text, pattern)) {
      matched = true;
    }
  }
  return matched;
}
