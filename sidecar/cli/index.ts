import { usageError } from "./cli-error.ts";
import type { Command, CommandResult } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { EXIT } from "./exit-codes.ts";
import { type OptionSpec, type ParsedArguments, parseArguments } from "./flags.ts";
import { VERSION } from "../version.ts";

const HELP: OptionSpec = { name: "help", help: "show this" };

/**
 * Runs one command of the CLI and writes its result to stdout, a failure as one sentence to stderr (with `--json` as an
 * object to stdout). Never throws and never ends the process.
 * @param argv what the person typed after the program's name
 * @returns the exit code (`exit-codes.ts`); all output has been handed to the system by then
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    const [first] = argv;
    if (first === "--version" || first === "-V") return await print([VERSION], EXIT.ok);
    if (first === undefined || first === "--help" || first === "-h" || first === "help") {
      const { generalHelp } = await import("./help.ts");
      return await print(generalHelp(), first === undefined ? EXIT.usage : EXIT.ok);
    }
    const { command, rest } = await findCommand(argv);
    const args = parseArguments(rest, [HELP, ...command.options]);
    if (args.options.has("help")) {
      const { commandHelp } = await import("./help.ts");
      return await print(commandHelp(command), EXIT.ok);
    }
    const run = await command.load();
    return await show(await run(args), args);
  } catch (error) {
    return fail(error, argv);
  }
}

async function findCommand(argv: readonly string[]): Promise<{ command: Command; rest: readonly string[] }> {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(" ");
    const command = COMMANDS.find((each) => each.name === name);
    if (command !== undefined) return { command, rest: argv.slice(words) };
  }
  const { nearest } = await import("./nearest.ts");
  const names = COMMANDS.map((each) => each.name);
  const words = argv.filter((word) => !word.startsWith("-"));
  const typed = words.slice(0, words[0] === "gateway" ? 2 : 1).join(" ");
  const meant = nearest(typed, [...names, "run"]);
  const hint = meant === undefined ? "see openclaw-sidecar --help" : `did you mean ${meant}?`;
  throw usageError(
    typed === "" ? `Name a command first; ${hint}.` : `Unknown command ${JSON.stringify(typed)}; ${hint}`,
  );
}

function show({ payload, lines, well, exitCode, stream }: CommandResult, args: ParsedArguments): Promise<number> {
  if (stream !== undefined) return printStream(stream);
  const text = args.options.has("json") ? [JSON.stringify(payload) ?? "null"] : lines();
  return print(text, exitCode ?? (well === false ? EXIT.failed : EXIT.ok));
}

/** Ends also when nobody reads any more. */
async function printStream(stream: AsyncIterable<string>): Promise<number> {
  let isRead = true;
  process.stdout.on("error", () => (isRead = false));
  for await (const line of stream) {
    await new Promise<void>((resolve) => void process.stdout.write(`${line}\n`, () => resolve()));
    if (!isRead) break;
  }
  return EXIT.ok;
}

async function fail(error: unknown, argv: readonly string[]): Promise<number> {
  const { toCliFailure } = await import("./failure.ts");
  const { code, message, exitCode } = await toCliFailure(error, {
    target: optionOf(argv, "--ssh") ?? "the host",
    secrets: secretsOf(argv),
  });
  if (argv.includes("--json")) return print([JSON.stringify({ ok: false, error: { code, message } })], exitCode);
  await write(process.stderr, `${message}\n`);
  return exitCode;
}

/** What was typed for an option, whether or not the line could be parsed as a whole. */
function optionOf(argv: readonly string[], flag: string): string | undefined {
  const index = argv.findIndex((word) => word === flag || word.startsWith(`${flag}=`));
  const word = argv[index];
  if (word === undefined) return undefined;
  return word === flag ? argv[index + 1] : word.slice(flag.length + 1);
}

function secretsOf(argv: readonly string[]): string[] {
  const { OPENCLAW_GATEWAY_TOKEN: token, OPENCLAW_GATEWAY_PASSWORD: password } = process.env;
  return [optionOf(argv, "--token"), optionOf(argv, "--password"), token, password].filter(
    (secret) => secret !== undefined,
  );
}

async function print(lines: readonly string[], exitCode: number): Promise<number> {
  await write(process.stdout, `${lines.join("\n")}\n`);
  return exitCode;
}

/** Resolves when the text was handed over; a reader that has gone away (`| head`) is no error of ours. */
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    stream.once("error", () => resolve());
    stream.write(text, () => resolve());
  });
}
