import createDOMPurify, { type Config } from "dompurify";

const TAGS = [
  "p",
  "br",
  "hr",
  "h2",
  "h3",
  "ul",
  "ol",
  "li",
  "blockquote",
  "table",
  "thead",
  "tbody",
  "tr",
  "th",
  "td",
  "div",
  "span",
  "figure",
  "figcaption",
  "pre",
  "code",
  "button",
  "a",
  "strong",
  "em",
  "b",
  "i",
  "u",
  "s",
  "del",
  "ins",
  "mark",
  "small",
  "sub",
  "sup",
  "kbd",
  "var",
  "samp",
  "q",
];
const ATTRIBUTES = [
  "class",
  "title",
  "type",
  "role",
  "tabindex",
  "scope",
  "start",
  "dir",
  "aria-label",
  "aria-hidden",
  "data-href",
  "data-act",
  "data-language",
];

const CONFIG = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ATTRIBUTES,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOW_UNKNOWN_PROTOCOLS: false,
  SANITIZE_DOM: true,
  RETURN_DOM_FRAGMENT: true,
} as const satisfies Config;

const purify = createDOMPurify(window);

/**
 * HTML of the markdown renderer as nodes, with nothing in them that runs, loads or navigates: no `href`, no `src`, no
 * style, no event handler. The renderer already emits only such HTML; this is the second lock.
 */
export function toNodes(html: string): DocumentFragment {
  return purify.sanitize(html, CONFIG);
}
