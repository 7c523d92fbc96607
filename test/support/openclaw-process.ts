import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installOpenClaw } from "./openclaw-install.ts";
import { homeEnv } from "./openclaw.ts";

/** A real OpenClaw program that runs until it is stopped, in a home of its own. */
export interface OpenClawProcess {
  /** All that it has written so far, without the signs that move a terminal's cursor. */
  output(): string;
  /** Resolves when its output matches; rejects with the output when it ends or takes longer. */
  until(pattern: RegExp, timeoutMs?: number): Promise<void>;
  type(keys: string): void;
  /** Resolves with its exit code when it ends by itself. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

const ESCAPES = new RegExp(
  // oxlint-disable-next-line no-control-regex -- these are what a terminal is sent
  "\\u001b(?:\\[[0-9;?>=]*[A-Za-z]|\\][^\\u0007\\u001b]*(?:\\u0007|\\u001b\\\\)|[()][A-Z0-9])",
  "g",
);

/**
 * Starts `openclaw ARGS` and leaves it running.
 * @param options.terminal gives it a terminal of its own, of 120 columns and 40 rows
 */
export async function startOpenclawProcess(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly terminal?: true } = {},
): Promise<OpenClawProcess> {
  const install = await installOpenClaw();
  const home = await mkdtemp(join(tmpdir(), "openclaw-process-"));
  const env = { ...homeEnv(home), TERM: "xterm-256color", ...options.env };
  const command = [install.node, install.entry, ...args];
  const child =
    options.terminal === true
      ? spawn("script", ["-qfec", `stty rows 40 cols 120; exec ${command.map(quoted).join(" ")}`, "/dev/null"], {
          cwd: home,
          env,
          detached: true,
        })
      : spawn(install.node, command.slice(1), { cwd: home, env, detached: true });
  return watch(child, () => rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
}

function watch(child: ChildProcessWithoutNullStreams, clean: () => Promise<void>): OpenClawProcess {
  let raw = "";
  let hasEnded = false;
  let wake: (() => void)[] = [];
  const notify = (): void => {
    for (const each of wake.splice(0)) each();
  };
  const keep = (chunk: string): void => {
    raw += chunk;
    notify();
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  child.stdin.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => {
      hasEnded = true;
      notify();
      resolve(code);
    });
  });
  const output = (): string => raw.replace(ESCAPES, "");
  return {
    output,
    ended,
    type: (keys) => void child.stdin.write(keys),
    async until(pattern, timeoutMs = 60_000) {
      const deadline = performance.now() + timeoutMs;
      while (!pattern.test(output())) {
        const left = deadline - performance.now();
        if (hasEnded || left <= 0)
          throw new Error(
            `${String(pattern)} did not come ${hasEnded ? "before the end" : "in time"}:\n${output().slice(-3_000)}`,
          );
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake.push(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    },
    async stop() {
      // Its own process group: a terminal and what runs in it end together.
      if (!hasEnded && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
      const hard = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, "SIGKILL"), 10_000);
      await ended;
      clearTimeout(hard);
      await clean();
    },
  };
}

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
