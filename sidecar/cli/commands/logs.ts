import { logPath } from "../../service/log-file.ts";
import { humanLogLine, parseLogLine } from "../../service/log-line.ts";
import { followLog, tailLog } from "../../service/log-reader.ts";
import { existsSync } from "node:fs";
import { CliError } from "../cli-error.ts";
import type { CommandResult } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import type { ParsedArguments } from "../flags.ts";
import { readCount, readLifeWish } from "../life-options.ts";

const DEFAULT_LINES = 200;
const MAX_LINES = 1_000_000;

/** `logs`: the sidecar's own log, for people or (`--json`) as it is written. */
export async function logs(args: ParsedArguments): Promise<CommandResult> {
  const { stateDir } = readLifeWish(args);
  const wish = { flag: "--lines", otherwise: DEFAULT_LINES, least: 0, most: MAX_LINES };
  const count = readCount(args.options.get("lines"), wish);
  const path = logPath(stateDir);
  const isFollowed = args.options.has("follow");
  if (!existsSync(isFollowed ? stateDir : path)) {
    const message = `There is no log at ${path}; no sidecar has run from ${stateDir} yet.`;
    throw new CliError("NO_LOG", message, { exitCode: EXIT.failed });
  }
  const show = args.options.has("json") ? (line: string): string => JSON.stringify(parseLogLine(line)) : humanLogLine;
  if (!isFollowed) return stream(tailLog(path, count), show);
  return stream(followLog(path, count, { signal: new AbortController().signal }), show);
}

function stream(lines: Iterable<string> | AsyncIterable<string>, show: (line: string) => string): CommandResult {
  async function* shown(): AsyncGenerator<string> {
    for await (const line of lines) yield show(line);
  }
  return { payload: undefined, lines: () => [], stream: shown() };
}
