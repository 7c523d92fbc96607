const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML text or as the value of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

// Format characters (bidi overrides, zero width, tags), controls, and the letters that draw nothing.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115F\u1160\u3164\uFFA0]/gu;

/**
 * Shows what a terminal or a bidi algorithm would act upon instead of drawing it: each control, format and invisible
 * character becomes `\u{…}`, but for line feed and tab. For commands, arguments and results of tools.
 */
export function showUnseen(text: string): string {
  return text.replace(UNSEEN, (char) =>
    char === "\n" || char === "\t" ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}}`,
  );
}

const HARMLESS = new Set([
  "b",
  "i",
  "em",
  "strong",
  "kbd",
  "sub",
  "sup",
  "br",
  "u",
  "s",
  "del",
  "ins",
  "mark",
  "small",
  "var",
  "samp",
  "q",
]);
const TAG = /<!--[\s\S]*?(?:-->|$)|<(\/?)([a-z][a-z0-9]*)\s*(\/?)>|[&<>"']/gi;

/**
 * Raw HTML of a model's answer: a few tags of emphasis survive when they carry no attribute, comments vanish, the rest
 * is shown as the text that it is.
 */
export function harmlessHtml(raw: string): string {
  return raw.replace(TAG, (match, slash: string | undefined, name: string | undefined) => {
    if (match.startsWith("<!--")) return "";
    const tag = name?.toLowerCase();
    if (tag === undefined || !HARMLESS.has(tag)) return escapeHtml(match);
    return `<${slash ?? ""}${tag}>`;
  });
}

/** Text of markdown, where `&copy;` is a sign already. */
export function escapeText(text: string): string {
  return text.replace(/[<>"']|&(?!#\d{1,7};|#x[\da-f]{1,6};|\w{1,31};)/gi, (char) => ENTITIES[char] ?? char);
}
