import { spawn } from "node:child_process";

/** A set-up step that cannot go on. `remedy` says what a person can do about it. */
export class SetupError extends Error {
  constructor(what, remedy) {
    super(`${what}\n  ${remedy}`);
    this.name = "SetupError";
  }
}

/** How many characters of a failed command's output are worth showing. */
const TAIL = 4_000;

/**
 * Runs a command to its end, without a shell. Its output is kept back, and shown only when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, remedy: string }} options
 * @returns {Promise<string>} What it wrote on standard output.
 */
export async function run(command, args, { cwd, env = process.env, remedy }) {
  const child = spawn(command, args, { cwd, env: { ...env, NO_COLOR: "1" }, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let all = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
    all = (all + text).slice(-TAIL);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    all = (all + text).slice(-TAIL);
  });
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  }).catch((cause) => {
    throw new SetupError(`${command} cannot be started: ${cause.message}`, remedy);
  });
  if (code !== 0)
    throw new SetupError(`${[command, ...args].join(" ")} failed (exit ${code}):\n${all.trimEnd()}`, remedy);
  return stdout;
}

/** Says one step and how long it took. */
export async function step(name, work) {
  const started = Date.now();
  process.stdout.write(`set-up: ${name} …\n`);
  const result = await work();
  process.stdout.write(`set-up: ${name}, done in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  return result;
}
