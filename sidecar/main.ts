import { isStartupError } from "./config/startup-error.ts";

/** `run` is the Gateway; everything else is the CLI. Each is loaded only when it is asked for. */
async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === "run") {
    const { run } = await import("./run.ts");
    return run(argv.slice(1));
  }
  const { runCli } = await import("./cli/index.ts");
  return runCli(argv);
}

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    if (!isStartupError(error)) throw error;
    console.error(`openclaw-sidecar: ${error.message}`);
    process.exitCode = error.exitCode;
  },
);
