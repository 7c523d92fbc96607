import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { findOpenClaw } from "../../test/support/openclaw-install.ts";
import { type RunningOpenClaw, startOpenClaw } from "../../test/support/openclaw.ts";

export const SIDECAR = fileURLToPath(new URL("../../dist/sidecar.mjs", import.meta.url));
const BARE = fileURLToPath(new URL("bare-ws.ts", import.meta.url));
const BYTES = fileURLToPath(new URL("bytes.ts", import.meta.url));
const TOKEN = "bench-token-0123456789abcdef";

/** A server under measurement, in a process of its own. */
export interface BenchServer {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The built sidecar with an empty state directory. @param config its `openclaw.json` */
export async function startSidecar(config?: unknown): Promise<BenchServer> {
  const stateDir = await mkdtemp(join(tmpdir(), "bench-sidecar-"));
  if (config !== undefined) await writeFile(join(stateDir, "openclaw.json"), JSON.stringify(config), { mode: 0o600 });
  const args = [SIDECAR, "run", "--port", "0", "--state-dir", stateDir, "--json"];
  return startNode(args, () => rm(stateDir, { recursive: true, force: true }));
}

/** The server that sends and takes so many bytes; see `bytes.ts`. */
export function startBytes(bytes: number): Promise<BenchServer> {
  return startNode([BYTES, String(bytes)], async () => undefined);
}

/** Payloads for the bare server, as large as the sidecar's own. */
export interface Payloads {
  readonly hello: unknown;
  readonly health: unknown;
  /** The frame that `chat.inject` brings about. */
  readonly event?: unknown;
}

/**
 * The bare `ws` server. It is bundled as the sidecar is, so that loading modules one by one does not count.
 * @param how whether an event is written out once, or for each client anew
 */
export async function startBare(payloads: Payloads, how: "once" | "each" = "once"): Promise<BenchServer> {
  const directory = await mkdtemp(join(tmpdir(), "bench-bare-"));
  const file = join(directory, "payloads.json");
  await writeFile(file, JSON.stringify(payloads));
  return startNode([await bundledBare(), file, how], () => rm(directory, { recursive: true, force: true }));
}

let bundle: Promise<string> | undefined;

function bundledBare(): Promise<string> {
  bundle ??= (async () => {
    const { build } = await import("esbuild");
    const outfile = join(await mkdtemp(join(tmpdir(), "bench-bundle-")), "bare-ws.cjs");
    const external = ["bufferutil", "utf-8-validate"];
    await build({
      entryPoints: [BARE],
      outfile,
      bundle: true,
      minify: true,
      platform: "node",
      format: "cjs",
      external,
    });
    return outfile;
  })();
  return bundle;
}

async function startNode(args: readonly string[], clean: () => Promise<void>): Promise<BenchServer> {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"] ?? "", HOME: tmpdir(), OPENCLAW_GATEWAY_TOKEN: TOKEN },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const { url, port } = await readyLine(child);
  return {
    url,
    port,
    token: TOKEN,
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      await clean();
    },
  };
}

function readyLine(child: ChildProcess): Promise<{ url: string; port: number }> {
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString("utf8")).slice(-4_000)));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`The server ended with ${code} before it was ready: ${stderr}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).once("line", (line) =>
      resolve(JSON.parse(line) as { url: string; port: number }),
    );
  });
}

/** Starts the real OpenClaw, or undefined when it is not installed: a benchmark installs nothing. */
export async function startPeer(modelBaseUrl = "http://127.0.0.1:9/v1"): Promise<RunningOpenClaw | undefined> {
  if ((await findOpenClaw()) === null) return undefined;
  return startOpenClaw({ modelBaseUrl });
}
