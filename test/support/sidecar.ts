import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { buildSidecar } from "../../scripts/build/sidecar.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
/** The Node that the sidecar is tested on, whatever runs the tests. */
export const NODE = join(ROOT, "node_modules/.bin/node");
export const SIDECAR = join(ROOT, "dist/sidecar.mjs");
const START_TIMEOUT_MS = 15_000;

export interface StartSidecarOptions {
  readonly port?: number;
  readonly token?: string;
  /** Kept when the sidecar stops; without it a temporary one is made and removed. */
  readonly stateDir?: string;
  /** Written as `openclaw.json` of the state directory. */
  readonly config?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

export interface RunningSidecar {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly stateDir: string;
  readonly pid: number;
  /** Everything that it has written to stderr. */
  stderr(): string;
  /** Sends a signal and resolves with the exit code, null when the signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Stops it, if it still runs, and removes a state directory that was made for it. */
  stop(): Promise<void>;
}

/** A config whose one model is an OpenAI-compatible endpoint. */
export function stubConfig(baseUrl: string, more: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    models: {
      mode: "replace",
      providers: {
        stub: {
          baseUrl,
          apiKey: "stub-key",
          api: "openai-completions",
          models: [{ id: "stub-1", name: "Stub", contextWindow: 128_000 }],
        },
      },
    },
    agents: { defaults: { model: { primary: "stub/stub-1" } } },
    ...more,
  };
}

let built: Promise<void> | undefined;

/** Makes `dist/sidecar.mjs` as `scripts/build.mjs` does, when it is not there or older than its sources. */
export function ensureSidecar(): Promise<void> {
  built ??= isFresh().then(async (fresh) => {
    if (fresh) return;
    await mkdir(join(ROOT, "dist"), { recursive: true });
    const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
    await buildSidecar({ outfile: SIDECAR, version });
  });
  return built;
}

async function isFresh(): Promise<boolean> {
  const output = await stat(SIDECAR).catch(() => undefined);
  if (output === undefined) return false;
  const lists = await Promise.all(
    ["sidecar", "protocol", "remote"].map((room) =>
      readdir(join(ROOT, room), { recursive: true, withFileTypes: true }),
    ),
  );
  const sources = lists.flat().filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
  const times = await Promise.all(
    sources.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs),
  );
  return Math.max(...times) < output.mtimeMs;
}

/** Starts the real sidecar as its own process and resolves when it takes connections. */
export async function startSidecar(options: StartSidecarOptions = {}): Promise<RunningSidecar> {
  await ensureSidecar();
  const isOwnDir = options.stateDir === undefined;
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), "openclaw-sidecar-")));
  if (options.config !== undefined) {
    await mkdir(stateDir, { recursive: true });
    await writeFile(join(stateDir, "openclaw.json"), JSON.stringify(options.config));
  }
  const token = options.token ?? "test-token-0123456789";
  const child = spawnSidecar(
    ["run", "--port", String(options.port ?? 0), "--state-dir", stateDir, "--json", ...(options.args ?? [])],
    { OPENCLAW_GATEWAY_TOKEN: token, ...options.env },
  );
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  const exited = new Promise<number | null>((done) => child.once("exit", (code) => done(code)));
  const clean = async (): Promise<void> => {
    if (isOwnDir) await rm(stateDir, { recursive: true, force: true });
  };
  try {
    const ready = await readReadyLine(child, exited, () => stderr);
    return {
      ...ready,
      token,
      stateDir,
      stderr: () => stderr,
      kill(signal) {
        child.kill(signal);
        return exited;
      },
      async stop() {
        if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
        await exited;
        await clean();
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    await exited;
    await clean();
    throw error;
  }
}

/** Runs the built file with `args` in a clean environment. */
export function spawnSidecar(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const home = env["HOME"] ?? tmpdir();
  return spawn(NODE, [SIDECAR, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", HOME: home, ...env },
  });
}

/** Runs the built file to its end. */
export async function runSidecar(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  await ensureSidecar();
  const child = spawnSidecar(args, env);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString("utf8");
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString("utf8");
  });
  const code = await new Promise<number | null>((done) => child.once("close", (exit) => done(exit)));
  return { code, stdout, stderr };
}

async function readReadyLine(
  child: ChildProcess,
  exited: Promise<number | null>,
  stderr: () => string,
): Promise<{ url: string; port: number; pid: number }> {
  if (child.stdout === null) throw new Error("The sidecar has no stdout");
  const lines = createInterface({ input: child.stdout });
  const timer = AbortSignal.timeout(START_TIMEOUT_MS);
  const line = await Promise.race([
    new Promise<string>((done) => lines.once("line", done)),
    exited.then((code) => {
      throw new Error(`The sidecar ended with ${code} before it was ready: ${stderr()}`);
    }),
    new Promise<never>((_done, fail) => {
      timer.addEventListener("abort", () =>
        fail(new Error(`The sidecar was not ready after ${START_TIMEOUT_MS} ms: ${stderr()}`)),
      );
    }),
  ]);
  const ready = JSON.parse(line) as { ready: boolean; url: string; port: number; pid: number };
  if (!ready.ready) throw new Error(`The sidecar said ${line}`);
  return ready;
}
