/** What a host script has told: `name=value` lines, and files as they are. */
export interface ScriptOutput {
  /** The values of one name, in order. */
  all(name: string): readonly string[];
  /** The first value of one name. */
  first(name: string): string | undefined;
  /** A file's text; undefined when the host has none. */
  file(name: string): string | undefined;
}

/** Bytes that a script sends of one file, plus what tells that there were more. */
export const MAX_FILE_BYTES = 1024 * 1024;

/**
 * The shell functions that a script tells things with. `$nonce` is new in every run, so that neither a profile's noise nor
 * a file's content can look like one of the marks. A value with a line end in it is dropped. `output NAME COMMAND …` tells
 * what a command writes to standard output, and its exit code as `NAME-code`.
 */
export const TELL = `
nl='
'
field() { case $2 in *"$nl"*) ;; *) printf '%s=%s\\n' "$1" "$2" ;; esac; }
file() {
  [ -f "$2" ] && [ -r "$2" ] || return 0
  printf 'openclaw:%s:file:%s\\n' "$nonce" "$1"
  dd if="$2" bs=4096 count=257 2>/dev/null
  printf '\\nopenclaw:%s:file-end\\n' "$nonce"
}
output() {
  name=$1; shift
  printf 'openclaw:%s:file:%s\\n' "$nonce" "$name"
  "$@" </dev/null
  code=$?
  printf '\\nopenclaw:%s:file-end\\n' "$nonce"
  field "$name-code" "$code"
}
`;

/** Reads what a script has told between its marks. Undefined when it did not come to its end. */
export function parseScriptOutput(stdout: string, nonce: string): ScriptOutput | undefined {
  const mark = `openclaw:${nonce}:`;
  const begin = stdout.indexOf(`\n${mark}begin\n`);
  const end = stdout.indexOf(`\n${mark}end\n`, begin);
  if (begin < 0 || end < 0) return undefined;
  const body = `${stdout.slice(begin + `\n${mark}begin\n`.length, end)}\n`;
  const values = new Map<string, string[]>();
  const files = new Map<string, string>();
  let at = 0;
  while (at < body.length) {
    const lineEnd = body.indexOf("\n", at);
    const line = body.slice(at, lineEnd);
    at = lineEnd + 1;
    if (line.startsWith(`${mark}file:`)) {
      const close = body.indexOf(`\n${mark}file-end\n`, at);
      if (close < 0) return undefined;
      files.set(line.slice(`${mark}file:`.length), body.slice(at, close));
      at = close + `\n${mark}file-end\n`.length;
      continue;
    }
    const equals = line.indexOf("=");
    if (equals <= 0) continue;
    const name = line.slice(0, equals);
    values.set(name, [...(values.get(name) ?? []), line.slice(equals + 1)]);
  }
  return {
    all: (name) => values.get(name) ?? [],
    first: (name) => values.get(name)?.[0],
    file: (name) => files.get(name),
  };
}
