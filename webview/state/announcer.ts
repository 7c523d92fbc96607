const SENTENCE_END = /[.!?。！？…:：](?=["'”’)\]]*(?:\s|$))|[。！？]|\n/g;
const EVERY_MS = 2_000;
const LONGEST = 400;

/**
 * Tells a screen reader a growing answer in whole sentences, at most one piece every two seconds, never tokens. What came
 * in between is said together; a long piece is cut, since the whole answer can be read in place.
 */
export class SentenceAnnouncer {
  readonly #say: (text: string) => void;
  readonly #codeWords: () => string;
  #said = 0;
  #pending = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(say: (text: string) => void, codeWords: () => string) {
    this.#say = say;
    this.#codeWords = codeWords;
  }

  /** A new answer starts; nothing of `text` that is there already is said. */
  start(text: string): void {
    this.#said = text.length;
  }

  /** The answer as far as it has come. */
  grow(text: string): void {
    const end = lastSentenceEnd(text, this.#said);
    if (end <= this.#said) return;
    this.#queue(text.slice(this.#said, end));
    this.#said = end;
  }

  /** The answer is whole: its last words are said although they end without a stop, then `words`. */
  finish(text: string, words: string): void {
    this.#queue(`${text.slice(this.#said)} ${words}`);
    this.#said = text.length;
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #queue(markdown: string): void {
    this.#pending = `${this.#pending} ${spoken(markdown, this.#codeWords())}`.trim();
    this.#timer ??= setTimeout(() => this.#flush(), this.#pending === "" ? 0 : EVERY_MS);
  }

  #flush(): void {
    this.#timer = undefined;
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") this.#say(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
  }
}

function lastSentenceEnd(text: string, from: number): number {
  // Inside an open fence there are no sentences: wait until it is closed.
  const fences = text.match(/^ {0,3}(?:```|~~~)/gm)?.length ?? 0;
  const limit = fences % 2 === 1 ? Math.max(text.lastIndexOf("\n```"), text.lastIndexOf("\n~~~"), 0) : text.length;
  let end = from;
  for (const match of text.slice(from, limit).matchAll(SENTENCE_END)) end = from + match.index + match[0].length;
  return end;
}

/** Markdown as it is read aloud: no marks, code by name only. */
function spoken(markdown: string, codeWords: string): string {
  return markdown
    .replace(/^ {0,3}(```|~~~)[\s\S]*?(?:^ {0,3}\1|$(?![\s\S]))/gm, ` ${codeWords} `)
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/^[ \t]*(?:#{1,6}|[-*+]|>|\d{1,9}[.)])[ \t]+/gm, "")
    .replace(/[*_`~|]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
}
