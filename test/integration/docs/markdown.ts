import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");
/** Every page that a person reads, relative to the repository. */
export const PAGES: readonly string[] = [
  ...globSync("*.md", { cwd: ROOT }),
  ...globSync("docs/**/*.md", { cwd: ROOT }),
].toSorted();

/** A fenced block: ```` ```sh exit: 2 ```` has the language `sh` and the note `exit: 2`. */
export interface Block {
  readonly page: string;
  /** Of the fence, 1-based. */
  readonly line: number;
  readonly language: string;
  readonly note: string;
  readonly text: string;
}

export const pageText = (page: string): string => readFileSync(join(ROOT, page), "utf8");

export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | undefined;
  for (const [index, line] of pageText(page).split("\n").entries()) {
    if (!line.startsWith("```")) open?.lines.push(line);
    else if (open === undefined) open = { line: index + 1, info: line.slice(3).trim(), lines: [] };
    else {
      const [language = "", ...note] = open.info.split(" ");
      blocks.push({ page, line: open.line, language, note: note.join(" "), text: open.lines.join("\n") });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${page}:${open.line}: the block does not end`);
  return blocks;
}

/** A block of shell commands, with its name in a report. */
export interface Command {
  readonly block: Block;
  readonly title: string;
  /** What has to be there for it, as its note says; undefined when it can be run anywhere. */
  readonly needs: string | undefined;
}

export function commandsOf(blocks: readonly Block[]): readonly Command[] {
  return blocks
    .filter(({ language }) => language === "sh")
    .map((block) => ({
      block,
      title: `line ${block.line}: ${block.text.split("\n").join("; ").slice(0, 90)}`,
      needs: /^needs: (.+)$/.exec(block.note)?.[1],
    }));
}

/** The text of the one block of commands that needs this. */
export function commandThatNeeds(commands: readonly Command[], needs: string): string {
  const [command, ...more] = commands.filter((each) => each.needs === needs);
  if (command === undefined || more.length > 0) throw new Error(`Not one block of commands needs ${needs}`);
  return command.block.text;
}

/** The exit code that a block promises. */
export const exitCodeOf = ({ note }: Block): number => Number(/exit: (\d+)/.exec(note)?.[1] ?? 0);
