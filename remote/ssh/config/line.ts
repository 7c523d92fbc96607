/** One directive of ssh_config: keyword in lower case, arguments without their quotes. */
export interface Directive {
  readonly keyword: string;
  readonly args: readonly string[];
}

/** Why a line is no directive. */
export interface LineFault {
  readonly fault: string;
}

/** The rest of their line is for a shell to read; taking it apart here would lose its quotes. */
const WHOLE = new Set(["proxycommand"]);

/**
 * Splits one line as OpenSSH does: `Keyword args` or `Keyword=args`, words in single or double quotes, `\` before a quote or
 * itself, and a comment from a `#` that starts a word. Undefined for an empty line.
 */
export function parseConfigLine(line: string): Directive | LineFault | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return undefined;
  const head = /^([A-Za-z0-9]+)(?:\s*=\s*|\s+|(?=")|$)/.exec(text);
  if (head?.[1] === undefined) return { fault: "the keyword is not understood" };
  const keyword = head[1].toLowerCase();
  const rest = text.slice(head[0].length);
  if (WHOLE.has(keyword)) return { keyword, args: rest === "" ? [] : [rest] };
  const args = splitWords(rest);
  return "fault" in args ? args : { keyword, args: args.words };
}

function splitWords(text: string): { readonly words: readonly string[] } | LineFault {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    if (text[at] === "#") break;
    let word = "";
    let quote = "";
    for (; at < text.length; at++) {
      const char = text.charAt(at);
      const next = text.charAt(at + 1);
      if (char === "\\" && (next === '"' || next === "'" || next === "\\" || (quote === "" && next === " "))) {
        word += next;
        at++;
      } else if (quote === "" && (char === '"' || char === "'")) {
        quote = char;
      } else if (quote !== "" && char === quote) {
        quote = "";
      } else if (quote === "" && /\s/.test(char)) {
        break;
      } else {
        word += char;
      }
    }
    if (quote !== "") return { fault: "a quote is not closed" };
    words.push(word);
  }
  return { words };
}
