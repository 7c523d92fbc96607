import { randomUUID } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import type { ModelStream } from "./agent/model-port.ts";
import { type SidecarConfig, loadConfig } from "./config/config.ts";
import { chooseSecret, deviceKey, ownToken } from "./config/credentials.ts";
import { type RunFlags, parsePort, parseRunFlags } from "./config/flags.ts";
import { checkNode } from "./config/node-version.ts";
import { StartupError, errnoOf, reasonOf } from "./config/startup-error.ts";
import { STATE_FILES, checkStateDir, createStateDir, resolveStateDir } from "./config/state-dir.ts";
import { Gateway } from "./gateway/gateway.ts";
import { DEFAULT_LIMITS } from "./gateway/limits.ts";
import { HOST, Listener } from "./gateway/listener.ts";
import { openRunLog } from "./run-logger.ts";
import { processIdentity } from "./service/process-identity.ts";
import { runArguments } from "./service/run-arguments.ts";
import { removeRuntimeFile, writeRuntimeFile } from "./store/runtime-file.ts";
import { Store } from "./store/store.ts";
import { VERSION } from "./version.ts";

const DEFAULT_PORT = 18_789;
const PROBE_TIMEOUT_MS = 1_000;

/**
 * The `run` command: starts the Gateway and resolves when it has stopped after SIGTERM or SIGINT.
 * Whatever can fail without touching the disk is tried first.
 * @returns the exit code
 * @throws StartupError
 */
export async function run(argv: readonly string[]): Promise<number> {
  checkNode();
  const flags = parseRunFlags(argv);
  const stateDir = resolveStateDir(flags);
  const configPath = flags.configPath ?? join(stateDir, STATE_FILES.config);
  const config = await loadConfig(configPath, { required: flags.configPath !== undefined });
  const chosen = chooseSecret(flags, config);
  checkStateDir(stateDir);

  let gateway: Gateway | undefined;
  const listener = new Listener({
    limits: DEFAULT_LIMITS,
    trustedProxies: config.trustedProxies,
    onSocket: (socket, peer, known) => gateway?.accept(socket, peer, known),
  });
  const port = await listen(listener, choosePort(flags, config));
  const opened = open(stateDir, listener);
  const secret = chosen ?? { mode: "token", value: ownToken(stateDir) };
  const about = { version: VERSION, bootId: randomUUID(), startedAt: Date.now(), stateDir, configPath: config.path };
  const logger = openRunLog({ stateDir, secrets: [secret.value], isQuiet: flags.quiet });
  gateway = new Gateway({ ...opened, config, secret, limits: DEFAULT_LIMITS, loadModel, logger, about });
  const url = `ws://${HOST}:${port}`;
  const identity = processIdentity(process.pid);
  writeRuntimeFile(stateDir, {
    pid: process.pid,
    port,
    url,
    bootId: about.bootId,
    startedAt: about.startedAt,
    version: VERSION,
    ...(identity === undefined ? {} : { process: identity }),
    launch: { args: runArguments(flags, stateDir), secret: isGiven(flags) ? "given" : "stored" },
  });
  logger.info(`OpenClaw sidecar ${VERSION} listens on ${url} (process ${process.pid})`);

  const stopped = waitForSignal();
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ ready: true, url, port, pid: process.pid })}\n`
      : `OpenClaw sidecar ${VERSION} listens on ${url}\n  state  ${stateDir}\n  ${chosen === undefined ? `token  in ${join(stateDir, STATE_FILES.token)}` : `auth   ${secret.mode}`}\n`,
  );
  const signal = await stopped;
  logger.info(`${signal}: stopping; running answers may finish`);
  listener.stopAccepting();
  await gateway.stop("gateway stopping");
  listener.dispose();
  removeRuntimeFile(stateDir, about.bootId);
  opened.store.close();
  logger.info("stopped");
  return 0;
}

/** Opens what lies in the state directory; nothing stays open when that fails. */
function open(stateDir: string, listener: Listener): { readonly store: Store; readonly deviceKey: Buffer } {
  try {
    createStateDir(stateDir);
    const path = join(stateDir, STATE_FILES.store);
    // SQLite would make it readable for others; what it adds beside it takes the mode of this file.
    closeSync(openSync(path, "a", 0o600));
    const store = new Store(path);
    return { store, deviceKey: deviceKey(stateDir) };
  } catch (error) {
    listener.dispose();
    if (error instanceof StartupError) throw error;
    throw new StartupError(
      `The state directory ${stateDir} cannot be used (${reasonOf(error)}); check its permissions and free space.`,
      { cause: error },
    );
  }
}

/** Loaded by the first question, so that a Gateway which only serves clients never pays for it. */
async function loadModel(): Promise<ModelStream> {
  const { streamFromModel } = await import("./agent/ai-sdk.ts");
  return streamFromModel;
}

function choosePort(flags: RunFlags, config: SidecarConfig): number {
  const fromEnv = process.env["OPENCLAW_GATEWAY_PORT"];
  if (flags.port !== undefined) return flags.port;
  return fromEnv === undefined || fromEnv === ""
    ? (config.port ?? DEFAULT_PORT)
    : parsePort(fromEnv, "OPENCLAW_GATEWAY_PORT");
}

async function listen(listener: Listener, port: number): Promise<number> {
  try {
    return await listener.listen(port);
  } catch (error) {
    const code = errnoOf(error) ?? reasonOf(error);
    if (code === "EADDRINUSE") {
      const who = (await isGateway(port)) ? "a Gateway already answers there" : "another program listens there";
      throw new StartupError(
        `Port ${port} on ${HOST} is in use: ${who}; stop it, or choose another with --port (0 takes a free one).`,
        { cause: error },
      );
    }
    const why = code === "EACCES" ? "this user may not use it" : code;
    throw new StartupError(`Port ${port} on ${HOST} cannot be opened (${why}); choose another with --port.`, {
      cause: error,
    });
  }
}

/** Whether what listens on the port answers like a Gateway. */
function isGateway(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: HOST, port, path: "/healthz", timeout: PROBE_TIMEOUT_MS }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk.slice(0, 1_000);
        if (body.length > 10_000) request.destroy();
      });
      response.on("end", () => resolve(response.statusCode === 200 && body.includes('"live"')));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
    request.on("close", () => resolve(false));
  });
}

/** Whether the secret is known only to who starts this: a restart by somebody else could not give it again. */
function isGiven({ token, password, tokenFile }: RunFlags): boolean {
  const { OPENCLAW_GATEWAY_TOKEN: envToken = "", OPENCLAW_GATEWAY_PASSWORD: envPassword = "" } = process.env;
  if (token !== undefined || password !== undefined) return true;
  return tokenFile === undefined && `${envToken}${envPassword}`.trim() !== "";
}

/** Resolves at the first request to stop; a second Ctrl-C ends the process at once. */
function waitForSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isAsked = false;
    const stop = (signal: NodeJS.Signals): void => {
      // Ctrl-C twice is a person in a hurry; SIGTERM twice is two programs that both want an orderly end.
      if (isAsked && signal === "SIGINT") process.exit(130);
      isAsked = true;
      resolve(signal);
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
  });
}
