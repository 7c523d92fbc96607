/** Where a value stands in a JSON5 text; offsets are those of the text. */
export interface ValueSpan {
  readonly start: number;
  readonly end: number;
  /** For an object; undefined for anything else. */
  readonly members: readonly MemberSpan[] | undefined;
  /** For a list; undefined for anything else. */
  readonly items: readonly ValueSpan[] | undefined;
}

export interface MemberSpan {
  readonly key: string;
  /** Of the key as it is written, quotes included. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly value: ValueSpan;
}

/**
 * Finds every member of every object in a text that JSON5 has already accepted; it does not check anything again.
 * @throws Error when the text is not what was accepted
 */
export function scanJson5(text: string): ValueSpan {
  return new Scanner(text).root();
}

/** White space and comments (JSON5 specification, 8 and 7). */
const TRIVIA = /(?:[\s\uFEFF]|\/\/[^\n\r\u2028\u2029]*|\/\*[^]*?\*\/)*/y;
const STRING = /"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])*'/y;
/** A number, `true`, `null` or a key without quotes: whatever ends at the next sign of the grammar. */
const WORD = /[^\s\uFEFF,:[\]{}"'/]+/y;

/** The offset of the first sign at or after `at` that is neither white space nor comment. */
export function skipTrivia(text: string, at: number): number {
  // Nothing follows in the pattern, so that it never goes back into a comment to find more.
  TRIVIA.lastIndex = at;
  return at + (TRIVIA.exec(text)?.[0].length ?? 0);
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  root(): ValueSpan {
    this.#at = skipTrivia(this.#text, this.#at);
    return this.#value();
  }

  #value(): ValueSpan {
    const start = this.#at;
    const members = this.#text[start] === "{" ? this.#object() : undefined;
    const items = this.#text[start] === "[" ? this.#array() : undefined;
    const isPlain = members === undefined && items === undefined;
    if (isPlain && this.#take(STRING) === "" && this.#take(WORD) === "") throw new Error(`no value at ${start}`);
    return { start, end: this.#at, members, items };
  }

  #object(): readonly MemberSpan[] {
    const members: MemberSpan[] = [];
    this.#at++;
    for (;;) {
      this.#at = skipTrivia(this.#text, this.#at);
      if (this.#skip("}")) return members;
      const keyStart = this.#at;
      const key = keyOf(this.#take(STRING) || this.#take(WORD));
      const keyEnd = this.#at;
      this.#at = skipTrivia(this.#text, this.#at);
      this.#expect(":");
      this.#at = skipTrivia(this.#text, this.#at);
      members.push({ key, keyStart, keyEnd, value: this.#value() });
      this.#at = skipTrivia(this.#text, this.#at);
      this.#skip(",");
    }
  }

  #array(): readonly ValueSpan[] {
    const items: ValueSpan[] = [];
    this.#at++;
    for (;;) {
      this.#at = skipTrivia(this.#text, this.#at);
      if (this.#skip("]")) return items;
      items.push(this.#value());
      this.#at = skipTrivia(this.#text, this.#at);
      this.#skip(",");
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += taken.length;
    return taken;
  }

  #skip(sign: string): boolean {
    if (this.#text[this.#at] !== sign) return false;
    this.#at++;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#skip(sign)) throw new Error(`no ${sign} at ${this.#at}`);
  }
}

/** The name that a key is written for: with or without quotes, with escapes. */
function keyOf(written: string): string {
  const inner = /^["']/.test(written) ? written.slice(1, -1) : written;
  return inner.includes("\\") ? inner.replace(ESCAPE, unescape) : inner;
}

/** JSON5 specification, 5: a line break, a code of two or four hexadecimal digits, or any one sign. */
const ESCAPE = /\\(\r\n|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^])/g;
const SIGNS: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "0": "\0" };

function unescape(_whole: string, sign: string): string {
  if (/^[\r\n\u2028\u2029]/.test(sign)) return "";
  return sign.length > 1 ? String.fromCharCode(Number.parseInt(sign.slice(1), 16)) : (SIGNS[sign] ?? sign);
}
