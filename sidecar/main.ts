import { StartupError } from "./config/startup-error.ts";

const [command, ...rest] = process.argv.slice(2);

/** `run` is the Gateway; everything else is the CLI. Each is loaded only when it is asked for. */
async function main(): Promise<number> {
  if (command === "run") {
    const { run } = await import("./run.ts");
    return run(rest);
  }
  const { runCli } = await import("./cli/index.ts");
  // What a command left open (a goodbye that a dead server never answers) must not keep the terminal waiting.
  process.exit(await runCli(process.argv.slice(2)));
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  console.error(`openclaw-sidecar: ${error.message}`);
  process.exitCode = error.exitCode;
}
