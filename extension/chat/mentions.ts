import type { MentionOption } from "../../protocol/webview/contract.ts";
import { clip } from "./clip.ts";

/** A piece of text of the editor, with its place. */
export interface Excerpt {
  /** Relative to the workspace folder, with `/`. */
  readonly path: string;
  readonly language: string;
  readonly text: string;
  /** 1-based and inclusive; absent for a whole file. */
  readonly lines?: { readonly first: number; readonly last: number };
}

export interface Problem {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
}

/** What the editor has that a question can be about. */
export interface EditorContext {
  /** What is selected in the editor in front; `undefined` when nothing is. */
  selection(): Excerpt | undefined;
  problems(): readonly Problem[];
  /** Files of the workspace, the likeliest first; without a query those that are open. */
  findFiles(query: string, most: number): Promise<readonly { readonly id: string; readonly path: string }[]>;
  /** A text file of the workspace; `undefined` when it is none, or too large. */
  readFile(id: string): Promise<Excerpt | undefined>;
}

/** How a picked option stands in the question. */
export interface Mention {
  readonly reference: string;
  readonly excerpt: string;
}

const MOST_FILES = 30;
/** A question that is mostly somebody's file is cut here, and says so. Characters and lines. */
const MOST_TEXT = 48_000;
const MOST_LINES = 1_000;
const MOST_PROBLEMS = 50;
const SELECTION = "selection";
const PROBLEMS = "problems";

/** The `@` of one composer: what can be mentioned, and what it becomes. Only what was offered can be picked. */
export class Mentions {
  readonly #context: EditorContext;
  #offered: ReadonlySet<string> = new Set();

  constructor(context: EditorContext) {
    this.#context = context;
  }

  async find(query: string): Promise<readonly MentionOption[]> {
    const wanted = query.toLowerCase();
    const selection = this.#context.selection();
    const problems = this.#context.problems();
    const fixed: MentionOption[] = [];
    if (selection !== undefined) fixed.push({ id: SELECTION, kind: "selection", label: labelOf(selection) });
    if (problems.length > 0) fixed.push({ id: PROBLEMS, kind: "problems", label: String(problems.length) });
    const files = await this.#context.findFiles(query, MOST_FILES);
    const options = [
      ...fixed.filter(({ id, label }) => id.startsWith(wanted) || label.toLowerCase().includes(wanted)),
      ...files.map(({ id, path }): MentionOption => ({ id, kind: "file", label: path })),
    ];
    this.#offered = new Set(options.map(({ id }) => id));
    return options;
  }

  /** @returns `undefined` for what was not offered, and for what cannot be read as text any more */
  async pick(id: string): Promise<Mention | undefined> {
    if (!this.#offered.has(id)) return undefined;
    if (id === PROBLEMS) return problemsMention(this.#context.problems());
    const excerpt = id === SELECTION ? this.#context.selection() : await this.#context.readFile(id);
    return excerpt === undefined ? undefined : excerptMention(excerpt);
  }
}

/** Pure: a file or a selection as markdown that no content can break out of. */
export function excerptMention(excerpt: Excerpt): Mention {
  const label = labelOf(excerpt);
  const { text, left } = bounded(excerpt.text);
  const more = left === 0 ? "" : `\n… ${left} more lines`;
  return { reference: `@${label}`, excerpt: fenced(`${excerpt.language} ${label}`, text + more) };
}

/** Pure: the problems of the workspace as a list. */
export function problemsMention(problems: readonly Problem[]): Mention {
  const lines = problems
    .slice(0, MOST_PROBLEMS)
    .map(({ path, line, severity, message }) => `${path}:${line} ${severity}: ${clip(message, 300)}`);
  const left = problems.length - lines.length;
  if (left > 0) lines.push(`… ${left} more`);
  return { reference: "@problems", excerpt: fenced("text problems", lines.join("\n")) };
}

function labelOf({ path, lines }: Excerpt): string {
  const clean = path.replace(/[\s`\p{Cc}\p{Cf}]+/gu, " ");
  if (lines === undefined) return clean;
  return lines.first === lines.last ? `${clean}:${lines.first}` : `${clean}:${lines.first}-${lines.last}`;
}

function bounded(text: string): { readonly text: string; readonly left: number } {
  const lines = text.slice(0, MOST_TEXT).split("\n").slice(0, MOST_LINES);
  const shown = lines.join("\n");
  if (shown.length === text.length) return { text: shown.replace(/\n+$/, ""), left: 0 };
  return { text: shown, left: Math.max(1, text.slice(shown.length).split("\n").length - 1) };
}

/** The fence is longer than any run of backticks in the text. */
function fenced(info: string, text: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${info.replace(/`/g, "'")}\n${text}\n${fence}`;
}
