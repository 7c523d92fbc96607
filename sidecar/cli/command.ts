import type { OptionSpec, ParsedArguments } from "./flags.ts";

/** What a command gives: the payload for `--json`, and the same for a person. */
export interface CommandResult {
  readonly payload: unknown;
  readonly lines: () => readonly string[];
  /** False makes the exit code 1 although the command ran: the Gateway is not well. */
  readonly well?: boolean;
  /** Of a command whose answer is that something failed. */
  readonly exitCode?: number;
  /** Printed line by line as they come, in place of `payload` and `lines`. */
  readonly stream?: AsyncIterable<string>;
}

export type RunCommand = (args: ParsedArguments) => Promise<CommandResult>;

/** A command as the registry knows it; its code is loaded only when it runs. */
export interface Command {
  /** One or two words: `health`, `gateway call`. */
  readonly name: string;
  /** What stands between the name and the options. */
  readonly operands?: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly load: () => Promise<RunCommand>;
}
