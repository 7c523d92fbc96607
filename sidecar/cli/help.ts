import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { alignedRows } from "./table.ts";

const PROGRAM = "openclaw-sidecar";

const EXIT_CODES = alignedRows([
  ["  0", "done"],
  ["  1", "the Gateway answered with an error, or is not well"],
  ["  2", "the command line, a config file or a target is wrong"],
  ["  3", "nothing answered in time"],
  ["  4", "not let in: host key, certificate, sign-in, credential, pairing, scopes"],
  ["  5", "somebody answered who is no Gateway of this protocol"],
]);

/** The page of `--help`. */
export function generalHelp(): string[] {
  return [
    `Usage: ${PROGRAM} COMMAND [OPTIONS]`,
    "",
    "Commands:",
    ...alignedRows([
      ["  run", "Start the sidecar Gateway on this computer (run --help)"],
      ...COMMANDS.map(
        ({ name, operands, summary }) => [`  ${name}${operands === undefined ? "" : ` ${operands}`}`, summary] as const,
      ),
    ]),
    "",
    `Options of a command: ${PROGRAM} COMMAND --help`,
    "",
    "Exit codes:",
    ...EXIT_CODES,
  ];
}

/** The page of `COMMAND --help`. */
export function commandHelp({ name, operands, summary, options }: Command): string[] {
  return [
    `Usage: ${PROGRAM} ${name}${operands === undefined ? "" : ` ${operands}`} [OPTIONS]`,
    "",
    `${summary}.`,
    "",
    "Options:",
    ...alignedRows(
      options.map(
        (spec) => [`  --${spec.name}${spec.value === undefined ? "" : ` ${spec.value}`}`, spec.help] as const,
      ),
    ),
    "",
    "Exit codes:",
    ...EXIT_CODES,
  ];
}
