import { resolveStateDir } from "../config/state-dir.ts";
import { usageError } from "./cli-error.ts";
import type { OptionSpec, ParsedArguments } from "./flags.ts";

const MAX_TIMEOUT_MS = 600_000;

/** Options of every command about the sidecar of this computer. */
export const LIFE_OPTIONS: readonly OptionSpec[] = [
  { name: "profile", value: "NAME", help: "the sidecar of this profile" },
  { name: "state-dir", value: "DIR", help: "the sidecar of this state directory" },
  { name: "json", help: "print the result as JSON; failures as {ok:false,error:{code,message}}" },
];

export interface LifeWish {
  readonly stateDir: string;
}

/** @throws CliError USAGE: an operand too many. @throws StartupError: no profile's name */
export function readLifeWish({ options, positionals }: ParsedArguments): LifeWish {
  const [first] = positionals;
  if (first !== undefined) throw usageError(`This command takes options only; ${JSON.stringify(first)} is too much.`);
  const [profile, stateDir] = [options.get("profile"), options.get("state-dir")];
  return {
    stateDir: resolveStateDir({
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(profile === undefined ? {} : { profile }),
    }),
  };
}

/** `--timeout`, milliseconds. @throws CliError USAGE */
export function readTimeoutMs({ options }: ParsedArguments, otherwise: number): number {
  return readCount(options.get("timeout"), { flag: "--timeout", otherwise, least: 1, most: MAX_TIMEOUT_MS });
}

interface CountLimits {
  readonly flag: string;
  readonly otherwise: number;
  readonly least: number;
  readonly most: number;
}

/** A whole number. @throws CliError USAGE */
export function readCount(text: string | undefined, { flag, otherwise, least, most }: CountLimits): number {
  if (text === undefined) return otherwise;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= most) return count;
  throw usageError(`${flag} ${JSON.stringify(text)} is wrong: use a whole number from ${least} to ${most}.`);
}
