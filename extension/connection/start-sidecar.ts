import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, open, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CancelledError, ConnectError } from "../../protocol/errors/connect-error.ts";
import { DEFAULT_GATEWAY_PORT } from "../../remote/transport/find-gateway.ts";
import { type LocalSidecar, readLocalSidecar } from "./local-sidecar.ts";

const START_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

export interface SidecarStart {
  /** `dist/sidecar.mjs` of this extension. */
  readonly file: string;
  readonly stateDir: string;
  /** Where its output goes, so that it can outlive this window. */
  readonly logDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Starts the sidecar, detached: it lives on when VS Code closes. It runs in VS Code's own Node, else in the `node` of the
 * person. Resolves when it accepts connections.
 * @throws ConnectError GATEWAY_NOT_RUNNING with the sidecar's own sentence; CancelledError
 */
export async function startSidecar(options: SidecarStart): Promise<LocalSidecar> {
  await mkdir(options.logDir, { recursive: true });
  const port = await freePort();
  let last = "";
  for (const command of [process.execPath, "node"]) {
    const logFile = join(options.logDir, "sidecar.log");
    const log = await open(logFile, "w", 0o600);
    try {
      const child = spawn(command, [options.file, "run", "--port", String(port)], {
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
        env: childEnv(options.env),
        windowsHide: true,
      });
      const sidecar = await untilReady(child, options);
      if (sidecar !== undefined) {
        child.unref();
        return sidecar;
      }
    } finally {
      await log.close();
    }
    last = lastLine(await readFile(logFile, "utf8").catch(() => "")) || last;
  }
  throw new ConnectError("GATEWAY_NOT_RUNNING", `The sidecar did not start: ${last}`, {
    step: "find-gateway",
    facts: [
      { label: "host", value: "127.0.0.1" },
      { label: "port", value: String(port) },
      { label: "detail", value: last },
    ],
  });
}

/** `undefined` when the process ended or could not be made. */
async function untilReady(child: ChildProcess, options: SidecarStart): Promise<LocalSidecar | undefined> {
  const ended = new AbortController();
  child.once("error", () => ended.abort());
  child.once("exit", () => ended.abort());
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!ended.signal.aborted && Date.now() < deadline) {
    if (options.signal.aborted) {
      child.kill();
      throw new CancelledError();
    }
    const sidecar = await readLocalSidecar(options.stateDir);
    if (sidecar !== undefined) return sidecar;
    await sleep(POLL_MS);
  }
  child.kill();
  return undefined;
}

/** Nothing of VS Code's own goes along, but for the switch that makes its executable a Node. */
function childEnv(env: SidecarStart["env"]): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || /^(?:VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name) ? [] : [[name, value] as const],
  );
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}

async function freePort(): Promise<number> {
  return (await canListen(DEFAULT_GATEWAY_PORT)) ?? (await canListen(0)) ?? DEFAULT_GATEWAY_PORT;
}

function canListen(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : undefined));
    });
  });
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() ?? "";
