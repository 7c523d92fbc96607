import { usageError } from "./cli-error.ts";
import { nearest } from "./nearest.ts";

/** One option of a command. Without `value` it is a switch. */
export interface OptionSpec {
  readonly name: string;
  /** What its value is called in the help: `URL`, `MS`. */
  readonly value?: string;
  readonly help: string;
}

export interface ParsedArguments {
  /** By name without dashes; a switch that was given is the empty text. */
  readonly options: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
}

/**
 * Reads `--name value`, `--name=value`, switches and positionals; `--` ends the options.
 * @throws CliError USAGE: an unknown option (with the nearest known one), a missing, empty or needless value
 */
export function parseArguments(argv: readonly string[], specs: readonly OptionSpec[]): ParsedArguments {
  const known = new Map(specs.map((spec) => [spec.name, spec]));
  const options = new Map<string, string>();
  const positionals: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") positionals.push(...rest.splice(0));
    else if (!word.startsWith("-") || word === "-") positionals.push(word);
    else readOption(word, { known, options, rest });
  }
  return { options, positionals };
}

interface Reading {
  readonly known: ReadonlyMap<string, OptionSpec>;
  readonly options: Map<string, string>;
  readonly rest: string[];
}

function readOption(word: string, { known, options, rest }: Reading): void {
  const equals = word.indexOf("=");
  const flag = equals < 0 ? word : word.slice(0, equals);
  const name = flag === "-h" ? "help" : flag.replace(/^--/, "");
  const spec = known.get(name);
  if (spec === undefined) {
    const meant = nearest(name, known.keys());
    throw usageError(
      `Unknown option ${flag}${meant === undefined ? "" : `; did you mean --${meant}?`}${meant === undefined ? "; see --help." : ""}`,
    );
  }
  const inline = equals < 0 ? undefined : word.slice(equals + 1);
  if (spec.value === undefined) {
    if (inline !== undefined) throw usageError(`${flag} takes no value.`);
    options.set(name, "");
    return;
  }
  const value = inline ?? rest.shift();
  if (value === undefined || value.trim() === "") throw usageError(`${flag} needs a value: ${flag} ${spec.value}.`);
  options.set(name, value);
}
