import { type MemberSpan, type ValueSpan, scanJson5, skipTrivia } from "./scan.ts";

/** What JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One change of a JSON5 text: a value to set, or to remove when it is undefined. */
export interface Json5Change {
  /** Keys from the root; every one but the last names an object. */
  readonly path: readonly string[];
  readonly value: JsonValue | undefined;
}

/** The place that a change must go through is no object. */
export class NotAnObjectError extends Error {
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    super(`${path.join(".")} is not an object`);
    this.path = path;
  }
}

/**
 * Changes values in a text that JSON5 has accepted and whose root is an object. Everything else stays as it is, to the byte:
 * comments, order, line ends, quotes. New keys are written like their neighbours.
 * @throws NotAnObjectError
 */
export function editJson5(text: string, changes: readonly Json5Change[]): string {
  let now = text;
  for (const { path, value } of changes) now = value === undefined ? remove(now, path) : set(now, path, value);
  return now;
}

function set(text: string, path: readonly string[], value: JsonValue): string {
  let object = rootOf(text);
  for (const [depth, key] of path.entries()) {
    const member = memberOf(object, key);
    if (member === undefined) return insert(text, object, { keys: path.slice(depth), value, depth });
    if (depth === path.length - 1) {
      const { start, end } = member.value;
      const written = literal(value, { ...styleOf(text), indent: indentAt(text, member.keyStart, "") });
      return text.slice(start, end) === written ? text : text.slice(0, start) + written + text.slice(end);
    }
    if (member.value.members === undefined) throw new NotAnObjectError(path.slice(0, depth + 1));
    object = member.value;
  }
  return text;
}

function remove(text: string, path: readonly string[]): string {
  let now = text;
  // A key may stand there more than once; none of them may come back to life.
  for (;;) {
    const found = find(now, path);
    if (found === undefined) return now;
    now = cut(now, found);
  }
}

interface Found {
  readonly member: MemberSpan;
  readonly object: ValueSpan;
}

function find(text: string, path: readonly string[]): Found | undefined {
  let object = rootOf(text);
  for (const [depth, key] of path.entries()) {
    const member = memberOf(object, key);
    if (member === undefined) return undefined;
    if (depth === path.length - 1) return { member, object };
    if (member.value.members === undefined) throw new NotAnObjectError(path.slice(0, depth + 1));
    object = member.value;
  }
  return undefined;
}

/** Takes a member out with its comma, and its line when nothing else stands on it. Comments stay. */
function cut(text: string, { member, object }: Found): string {
  const { keyStart: start, value } = member;
  const members = object.members ?? [];
  const after = commaAfter(text, value.end);
  if (after !== undefined) {
    const between = text.slice(value.end, after - 1);
    if (between.trim() !== "") return text.slice(0, start) + between.trimStart() + text.slice(after);
    return cutRange(text, start, after);
  }
  const before = members[members.indexOf(member) - 1];
  const comma = before === undefined ? undefined : commaAfter(text, before.value.end);
  if (comma === undefined) return cutRange(text, start, value.end);
  // The last one of plain JSON: the comma before it must go too, or the text is JSON no more.
  return cutRange(text.slice(0, comma - 1) + text.slice(comma), start - 1, value.end - 1);
}

function cutRange(text: string, start: number, end: number): string {
  const lineStart = text.slice(0, start).search(/[ \t]*$/);
  const isAlone = lineStart === 0 || text[lineStart - 1] === "\n";
  const rest = /^[ \t]*(?:\r?\n)/.exec(text.slice(end))?.[0];
  if (isAlone && rest !== undefined) return text.slice(0, lineStart) + text.slice(end + rest.length);
  const gap = /^[ \t]*/.exec(text.slice(end))?.[0] ?? "";
  return text.slice(0, start) + text.slice(end + gap.length);
}

interface Insertion {
  /** The missing keys, outermost first. */
  readonly keys: readonly string[];
  readonly value: JsonValue;
  /** Of the object that they go into; the root has 0. */
  readonly depth: number;
}

function insert(text: string, object: ValueSpan, { keys, value, depth }: Insertion): string {
  const members = object.members ?? [];
  const last = members.at(-1);
  const style = styleOf(text);
  const isInline = last === undefined ? false : !text.slice(object.start, object.end).includes("\n");
  const indent =
    last === undefined ? style.unit.repeat(depth + 1) : indentAt(text, last.keyStart, style.unit.repeat(depth + 1));
  const added = render(keys, value, { ...style, indent, isInline });
  if (last === undefined) {
    const inner = text.slice(object.start + 1, object.end - 1);
    const close = `${style.newline}${style.unit.repeat(depth)}`;
    const kept = inner.trim() === "" ? "" : inner.trimEnd();
    return `${text.slice(0, object.start + 1)}${kept}${style.newline}${indent}${added}${close}${text.slice(object.end - 1)}`;
  }
  const comma = commaAfter(text, last.value.end);
  // A comment on the same line belongs to the last member.
  const tail = text.slice(comma ?? last.value.end);
  const comment = isInline ? "" : (/^[ \t]*(?:\/\/[^\n\r]*|\/\*[^\n\r]*?\*\/[ \t]*)/.exec(tail)?.[0] ?? "");
  const head = comma === undefined ? `${text.slice(0, last.value.end)},` : text.slice(0, comma);
  const gap = isInline ? " " : style.newline + indent;
  return head + comment.trimEnd() + gap + added + (comma === undefined ? "" : ",") + tail.slice(comment.length);
}

interface Style {
  readonly newline: string;
  readonly unit: string;
  /** Of strings and keys; keys have none when most of the file's keys have none. */
  readonly quote: "'" | '"';
  readonly areKeysQuoted: boolean;
}

function render(
  keys: readonly string[],
  value: JsonValue,
  style: Style & { readonly indent: string; readonly isInline: boolean },
): string {
  const [key = "", ...rest] = keys;
  const isBare = !style.areKeysQuoted && /^[A-Za-z_$][\w$]*$/.test(key);
  const name = isBare ? key : literal(key, style);
  if (rest.length === 0) return `${name}: ${literal(value, style)}`;
  const { newline, unit, indent, isInline } = style;
  const inner = render(rest, value, { ...style, indent: indent + unit });
  return isInline ? `${name}: { ${inner} }` : `${name}: {${newline}${indent}${unit}${inner}${newline}${indent}}`;
}

function styleOf(text: string): Style {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const unit = /\n(\t| +)\S/.exec(text)?.[1] ?? "  ";
  const keys = rootOf(text).members ?? [];
  const quoted = keys.filter(({ keyStart }) => /["']/.test(text[keyStart] ?? "")).length;
  return { newline, unit, quote: quoteOf(text), areKeysQuoted: isPlainJson(text) || quoted * 2 > keys.length };
}

function isPlainJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Single quotes only where the file has no double ones at all. */
const quoteOf = (text: string): "'" | '"' => (text.includes("'") && !text.includes('"') ? "'" : '"');

/** A value as it is written; an object or a list goes over several lines, indented as the place, or all on one. */
function literal(value: JsonValue, style: Style & { readonly indent?: string; readonly isInline?: boolean }): string {
  // JSON5 reads U+2028 and U+2029 in a string, but warns; JSON's escapes are good in both.
  const json = JSON.stringify(value, undefined, style.isInline === true ? undefined : style.unit).replace(
    /[\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16)}`,
  );
  // A line break inside a string is written as an escape, so that every one that is here is between values.
  if (typeof value === "object") return json.replaceAll("\n", style.newline + (style.indent ?? ""));
  if (typeof value !== "string" || style.quote === '"') return json;
  return `'${json.slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
}

/** The white space that a member's line begins with, when the member is the first thing on it. */
function indentAt(text: string, keyStart: number, otherwise: string): string {
  return /(?:^|\n)([ \t]*)$/.exec(text.slice(0, keyStart))?.[1] ?? otherwise;
}

/** The offset behind the comma that follows a value, when one does. */
function commaAfter(text: string, end: number): number | undefined {
  const at = skipTrivia(text, end);
  return text[at] === "," ? at + 1 : undefined;
}

/** Of several equal keys the last one counts, as for JSON5. */
const memberOf = (object: ValueSpan, key: string): MemberSpan | undefined =>
  object.members?.findLast((member) => member.key === key);

function rootOf(text: string): ValueSpan {
  const root = scanJson5(text);
  if (root.members === undefined) throw new NotAnObjectError([]);
  return root;
}
