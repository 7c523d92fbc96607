/** `NAME=value`, also `export NAME=value` and `NAME: value`. */
const START = /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*(?:=|:(?=[ \t]))[ \t]*/;

/**
 * Reads a `.env` file as dotenv does, which OpenClaw loads it with: values may stand in quotes, also over several lines;
 * `\n` and `\r` count only in double quotes; an unquoted value ends at `#`. The last of equal names wins. Never throws.
 */
export function parseDotenv(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let rest = text.replace(/\r\n?/g, "\n");
  while (rest !== "") {
    const lineEnd = rest.indexOf("\n");
    const line = lineEnd < 0 ? rest : rest.slice(0, lineEnd);
    const [head, name] = START.exec(line) ?? [];
    const quoted = head === undefined ? undefined : quotedValue(rest.slice(head.length));
    if (name !== undefined && quoted !== undefined) {
      values.set(name, quoted.value);
      rest = rest.slice((head ?? "").length + quoted.length);
      const after = rest.indexOf("\n");
      rest = after < 0 ? "" : rest.slice(after + 1);
      continue;
    }
    if (name !== undefined) values.set(name, (line.slice((head ?? "").length).split("#", 1)[0] ?? "").trim());
    rest = lineEnd < 0 ? "" : rest.slice(lineEnd + 1);
  }
  return values;
}

/** A value in quotes at the beginning of a text, when nothing but a comment follows on its line. */
function quotedValue(text: string): { value: string; length: number } | undefined {
  const [whole, quote, inner] = /^(["'`])((?:\\[^]|(?!\1)[^\\])*)\1(?=[ \t]*(?:#|\n|$))/.exec(text) ?? [];
  if (whole === undefined || inner === undefined) return undefined;
  const value = quote === '"' ? inner.replace(/\\n/g, "\n").replace(/\\r/g, "\r") : inner;
  return { value, length: whole.length };
}
