import { Lexer, type MarkedOptions, type Token, type TokensList } from "marked";
import { isTooDeep } from "./cost.ts";

export type Links = TokensList["links"];

/** One block of markdown: a paragraph, a list, a fence. The same object as long as nothing about it has changed. */
export interface Block {
  readonly key: number;
  readonly raw: string;
  /** Reference definitions of the whole text, as far as they are known. */
  readonly links: Links;
}

export const MARKED: MarkedOptions = { gfm: true, breaks: true };

/** What the text is to `BlockStream.update`: still growing, or as it will stay. */
export type Progress = "growing" | "whole";

/**
 * Cuts a growing markdown text into blocks and never looks twice at a block that is finished. A block is finished when
 * another one follows whose first line is complete: a half line can still turn out to belong to the block before it
 * ("-" after a list). Cutting at blank lines instead would break loose lists and fences.
 */
export class BlockStream {
  #text = "";
  /** Where the first unfinished block starts in the text. */
  #open = 0;
  #finished: Block[] = [];
  #links: Links = {};

  /** The blocks of the text. Cheap when the text is the last one with something added. */
  update(text: string, progress: Progress): readonly Block[] {
    const source = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
    if (!source.startsWith(this.#text)) this.#reset();
    this.#text = source;
    const tail = source.slice(this.#open);
    const tokens = split(tail);
    const keep = progress === "whole" ? tokens.length : finishedCount(tokens);
    for (const token of tokens.slice(0, keep)) this.#finish(token);
    const open = tokens.slice(keep).filter(isVisible);
    return [
      ...this.#finished,
      ...open.map((token, index) => ({ key: this.#finished.length + index, raw: token.raw, links: this.#links })),
    ];
  }

  #reset(): void {
    this.#open = 0;
    this.#finished = [];
    this.#links = {};
  }

  #finish(token: Token): void {
    this.#open += token.raw.length;
    if (token.type === "def") this.#define(token.raw);
    else if (isVisible(token)) this.#finished.push({ key: this.#finished.length, raw: token.raw, links: this.#links });
  }

  /** A definition may come after its use: blocks that may use it are made anew. */
  #define(raw: string): void {
    const links = { ...this.#links, ...new Lexer(MARKED).lex(raw).links };
    this.#links = links;
    this.#finished = this.#finished.map((block) => (block.raw.includes("[") ? { ...block, links } : block));
  }
}

function isVisible(token: Token): boolean {
  return token.type !== "space" && token.type !== "def";
}

function split(text: string): readonly Token[] {
  const whole: Token = { type: "paragraph", raw: text, text };
  if (isTooDeep(text)) return [whole];
  try {
    const tokens = new Lexer(MARKED).blockTokens(text, []);
    // Offsets are counted in raw text: a lexer that normalised something must not shift them.
    return tokens.reduce((sum, token) => sum + token.raw.length, 0) === text.length ? tokens : [whole];
  } catch {
    // Nesting deeper than the stack; the block is too costly to render and will be shown as text.
    return [whole];
  }
}

function finishedCount(tokens: readonly Token[]): number {
  const last = tokens.findLastIndex((token) => token.type !== "space");
  if (last < 0) return 0;
  if (tokens[last]?.raw.includes("\n")) return last;
  const before = tokens.findLastIndex((token, index) => index < last && token.type !== "space");
  return Math.max(0, before);
}
