import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningGateway } from "./gateway-under-test.ts";
import { installOpenClaw, OPENCLAW_VERSION } from "./openclaw-install.ts";

const READY_WITHIN_MS = 170_000;

/** What keeps the real one from touching anything but its own folders. */
const QUIET = {
  OPENCLAW_NO_RESPAWN: "1",
  OPENCLAW_DISABLE_BONJOUR: "1",
  OPENCLAW_NO_AUTO_UPDATE: "1",
  OPENCLAW_SKIP_CHANNELS: "1",
  OPENCLAW_SKIP_CRON: "1",
  OPENCLAW_OFFLINE: "1",
} as const;

/** The environment of one private OpenClaw home. */
export function homeEnv(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env["PATH"] ?? "",
    LANG: "C.UTF-8",
    HOME: home,
    OPENCLAW_STATE_DIR: join(home, "state"),
    OPENCLAW_CONFIG_PATH: join(home, "openclaw.json"),
    ...QUIET,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no TCP port was given");
  return address.port;
}

export interface StartOpenClawOptions {
  readonly modelBaseUrl: string;
  /** What it asks for; by default a token. The secret is `token` of what runs, either way. */
  readonly auth?: "token" | "password";
  /** It speaks TLS, with a certificate that it makes. */
  readonly tls?: true;
  /** Joins `gateway` of its config. */
  readonly gateway?: Readonly<Record<string, unknown>>;
}

function configOf(options: StartOpenClawOptions & { port: number; token: string; workspace: string }): unknown {
  const { port, token, workspace, modelBaseUrl, gateway, tls, auth = "token" } = options;
  const inTls = tls === undefined ? {} : { tls: { enabled: true } };
  return {
    gateway: { mode: "local", port, bind: "loopback", auth: { mode: auth, [auth]: token }, ...inTls, ...gateway },
    agents: {
      defaults: { workspace, skipBootstrap: true, model: { primary: "stub/stub-1" }, heartbeat: { every: "0m" } },
    },
    models: {
      mode: "replace",
      providers: {
        stub: {
          baseUrl: modelBaseUrl,
          apiKey: "stub-key",
          api: "openai-completions",
          models: [
            {
              id: "stub-1",
              name: "Stub",
              reasoning: false,
              input: ["text"],
              cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
              contextWindow: 128_000,
              maxTokens: 4096,
            },
          ],
        },
      },
    },
    tools: { exec: { host: "gateway", security: "allowlist", ask: "always" } },
    update: { checkOnStart: false },
    discovery: { mdns: { mode: "off" } },
  };
}

/** Whatever its certificate is: it made it itself a moment ago. */
function isReady(port: number, isTls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, path: "/readyz", signal: AbortSignal.timeout(2_000) };
    const get = isTls ? https.get({ ...options, rejectUnauthorized: false }) : http.get(options);
    get.on("response", (response) => resolve(response.resume().statusCode === 200));
    get.on("error", () => resolve(false));
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(hard);
}

/** A running real Gateway with its private home. */
export interface RunningOpenClaw extends RunningGateway {
  /** For its own CLI: sees this Gateway as the local one. */
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds from spawn to `/readyz`. */
  readonly startedInMs: number;
}

/**
 * Starts the real OpenClaw Gateway on a free loopback port with a home of its own and resolves once `/readyz` says so
 * (8–20 s, 0.9 GB of memory).
 */
export async function startOpenClaw(options: StartOpenClawOptions): Promise<RunningOpenClaw> {
  const install = await installOpenClaw();
  const home = await mkdtemp(join(tmpdir(), "openclaw-peer-"));
  const workspace = join(home, "workspace");
  await mkdir(workspace);
  const port = await freePort();
  const token = randomBytes(24).toString("hex");
  const env = homeEnv(home);
  await writeFile(join(home, "openclaw.json"), JSON.stringify(configOf({ port, token, workspace, ...options })), {
    mode: 0o600,
  });

  const startedAt = performance.now();
  const child = spawn(install.node, [install.entry, "gateway", "run"], {
    cwd: home,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const keep = (chunk: string): void => void (log = (log + chunk).slice(-8_000));
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const stop = async (): Promise<void> => {
    await stopChild(child);
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  while (!(await isReady(port, options.tls === true))) {
    const late = performance.now() - startedAt > READY_WITHIN_MS;
    if (late || child.exitCode !== null) {
      await stop();
      throw new Error(
        `The real OpenClaw ${late ? `was not ready after ${READY_WITHIN_MS} ms` : "ended while starting"}:\n${log}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const startedInMs = performance.now() - startedAt;
  return {
    name: `OpenClaw ${OPENCLAW_VERSION}`,
    url: `${options.tls === true ? "wss" : "ws"}://127.0.0.1:${port}`,
    port,
    token,
    pid: child.pid ?? 0,
    env,
    startedInMs,
    stop,
  };
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the real `openclaw` CLI to its end in a home of its own (or in `env`, to speak for a running Gateway's home).
 * Nothing of the caller's environment reaches it but PATH.
 */
export async function runOpenclaw(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CliResult> {
  const install = await installOpenClaw();
  const home = await mkdtemp(join(tmpdir(), "openclaw-cli-"));
  try {
    return await new Promise<CliResult>((resolve, reject) => {
      const child = spawn(install.node, [install.entry, ...args], {
        cwd: home,
        env: { ...homeEnv(home), ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
