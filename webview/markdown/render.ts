import { Lexer, Parser } from "marked";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { type Block, MARKED, type Progress } from "./blocks.ts";
import { isTooCostly } from "./cost.ts";
import { escapeHtml } from "./escape.ts";
import { PanelRenderer } from "./renderer.ts";

/** Colour is not worth a stalled panel; in characters. A block that still grows is coloured anew with each frame. */
const COLOUR_UP_TO = { whole: 30_000, growing: 4_000 } as const satisfies Record<Progress, number>;

/** One block as HTML for `toNodes`. Never throws: what cannot be parsed is shown as the text that it is. */
export function renderBlock(block: Pick<Block, "raw" | "links">, progress: Progress, t: Translate): string {
  if (isTooCostly(block.raw)) return plain(block.raw);
  try {
    const lexer = new Lexer(MARKED);
    Object.assign(lexer.tokens.links, block.links);
    return Parser.parse(lexer.lex(block.raw), {
      ...MARKED,
      renderer: new PanelRenderer(t, COLOUR_UP_TO[progress]),
    }).trimEnd();
  } catch {
    return plain(block.raw);
  }
}

function plain(text: string): string {
  return `<p class="plain">${escapeHtml(text)}</p>`;
}
