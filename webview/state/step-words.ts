import type { RunStep } from "../../protocol/chat/transcript.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { showUnseen } from "../markdown/escape.ts";

type StepKind = "exec" | "read" | "edit" | "search" | "web" | "tool";

const ICONS: Readonly<Record<StepKind, string>> = {
  exec: "terminal",
  read: "file",
  edit: "edit",
  search: "search",
  web: "globe",
  tool: "tools",
};

const KINDS: readonly (readonly [StepKind, RegExp])[] = [
  ["exec", /^(?:exec|bash|shell|run|terminal|process|command)/],
  ["web", /^(?:web|fetch|http|browser|url)/],
  ["search", /(?:search|grep|glob|find)/],
  ["edit", /^(?:edit|write|apply|patch|create_file|str_replace)/],
  ["read", /^(?:read|view|open|cat|ls|list)/],
];

/** What the step works on, in the order of what tells most. */
const OBJECTS = [
  "command",
  "cmd",
  "path",
  "file_path",
  "filePath",
  "file",
  "url",
  "query",
  "pattern",
  "message",
  "text",
];

export interface StepWords {
  readonly icon: string;
  readonly verb: string;
  /** The command, the path, the query: what a machine reads, with unseen characters shown. */
  readonly object: string;
}

/** A tool call in words: "Ran" `npx vitest run`. The tool's name and arguments come from a model. */
export function stepWords(step: Pick<RunStep, "tool" | "args" | "status">, t: Translate): StepWords {
  const name = step.tool.toLowerCase();
  const kind = KINDS.find(([, pattern]) => pattern.test(name))?.[0] ?? "tool";
  const object = showUnseen(mainArgument(step.args)).replace(/\s+/g, " ").slice(0, 400);
  return { icon: ICONS[kind], verb: t(`panel.step.${kind}.${step.status}`, { tool: showUnseen(step.tool) }), object };
}

function mainArgument(args: string): string {
  try {
    const parsed: unknown = JSON.parse(args);
    if (typeof parsed !== "object" || parsed === null) return "";
    const entries = Object.entries(parsed);
    for (const name of OBJECTS) {
      const value: unknown = entries.find(([key]) => key === name)?.[1];
      if (typeof value === "string" && value !== "") return value;
      if (Array.isArray(value)) return value.join(" ");
    }
    return "";
  } catch {
    // Arguments are cut at 16 KiB and stream in: half a JSON has no object yet.
    return "";
  }
}
