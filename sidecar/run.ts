import { randomUUID } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { ModelStream } from "./agent/model-port.ts";
import { LOOPBACK } from "./config/bind.ts";
import { deviceKey } from "./config/credentials.ts";
import { StartupError, errnoOf, reasonOf } from "./config/startup-error.ts";
import { STATE_FILES, createStateDir } from "./config/state-dir.ts";
import { Audit } from "./gateway/auth/audit.ts";
import { perimeterOf } from "./gateway/auth/perimeter.ts";
import { Gateway } from "./gateway/gateway.ts";
import { DEFAULT_LIMITS } from "./gateway/limits.ts";
import { Listener } from "./gateway/listener.ts";
import { LateLogger } from "./late-logger.ts";
import { explainPortHolder } from "./port-holder.ts";
import { LiveRules } from "./live-rules.ts";
import { RUN_HELP } from "./run-help.ts";
import { openRunLog } from "./run-logger.ts";
import { type RunPlan, planRun } from "./run-plan.ts";
import { processIdentity } from "./service/process-identity.ts";
import { runArguments } from "./service/run-arguments.ts";
import { removeRuntimeFile, writeRuntimeFile } from "./store/runtime-file.ts";
import { Store } from "./store/store.ts";
import { VERSION } from "./version.ts";

/**
 * The `run` command: starts the Gateway and resolves when it has stopped after SIGTERM or SIGINT.
 * Whatever can fail without touching the disk is tried first.
 * @returns the exit code
 * @throws StartupError
 */
export async function run(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help")) {
    process.stdout.write(RUN_HELP);
    return 0;
  }
  const plan = await planRun(argv);
  const { flags, stateDir, config, bind } = plan;
  const logger = new LateLogger();
  const audit = new Audit(logger);
  const early = perimeterOf(config, plan.auth.mode);
  let live: LiveRules | undefined;
  let gateway: Gateway | undefined;
  const listener = new Listener({
    limits: DEFAULT_LIMITS,
    perimeter: () => live?.state.perimeter ?? early,
    logger,
    audit,
    onSocket: (socket, peer, known) => gateway?.accept(socket, peer, known),
  });
  const port = await listen(listener, plan);
  const opened = open(stateDir, listener);
  const secrets: string[] = [];
  logger.attach(openRunLog({ stateDir, secrets, isQuiet: flags.quiet }));
  live = new LiveRules({ plan, logger, secrets, changed: (state) => gateway?.reconfigure(state) });
  const about = { version: VERSION, bootId: randomUUID(), startedAt: Date.now(), stateDir, configPath: config.path };
  gateway = new Gateway({ ...opened, ...live.state, limits: DEFAULT_LIMITS, loadModel, logger, audit, about });
  listener.serve();
  const url = `ws://${LOOPBACK}:${port}`;
  const identity = processIdentity(process.pid);
  writeRuntimeFile(stateDir, {
    pid: process.pid,
    port,
    url,
    bootId: about.bootId,
    startedAt: about.startedAt,
    version: VERSION,
    ...(identity === undefined ? {} : { process: identity }),
    launch: { args: runArguments(flags, stateDir), secret: isGiven(plan) ? "given" : "stored" },
  });
  const outward = bind.isOpen
    ? ` and for other computers on ${bind.hosts.filter((host) => host !== LOOPBACK).join(", ")}`
    : "";
  logger.info(`OpenClaw sidecar ${VERSION} listens on ${url}${outward} (process ${process.pid})`);
  if (bind.note !== undefined) logger.warn(`gateway.bind "${bind.mode}": ${bind.note}`);

  const stopped = waitForSignal();
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ ready: true, url, port, pid: process.pid })}\n`
      : `OpenClaw sidecar ${VERSION} listens on ${url}${outward}\n  state  ${stateDir}\n  ${describeAuth(plan)}\n`,
  );
  const signal = await stopped;
  logger.info(`${signal}: stopping; running answers may finish`);
  live.dispose();
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

function describeAuth({ auth, stateDir }: RunPlan): string {
  const isOwn = auth.mode === "token" && auth.secret === undefined;
  return isOwn ? `token  in ${join(stateDir, STATE_FILES.token)}` : `auth   ${auth.mode}`;
}

/** Whether the secret is known only to who starts this: a restart by somebody else could not give it again. */
const isGiven = ({ auth }: RunPlan): boolean => ["flag", "environment"].includes(auth.secret?.origin ?? "");

async function listen(listener: Listener, { bind, port, stateDir }: RunPlan): Promise<number> {
  try {
    return await listener.listen({ ...bind, port });
  } catch (error) {
    const code = errnoOf(error) ?? reasonOf(error);
    const where = `Port ${port} on ${bind.hosts.join(" and ")}`;
    if (code === "EADDRINUSE") {
      throw new StartupError(`${where} is in use: ${await explainPortHolder(port, stateDir)}`, { cause: error });
    }
    if (code === "EADDRNOTAVAIL") {
      throw new StartupError(
        `${where} cannot be opened: this computer has no such address; correct gateway.customBindHost, or use --bind loopback.`,
        { cause: error },
      );
    }
    const why = code === "EACCES" ? "this user may not use it" : code;
    throw new StartupError(`${where} cannot be opened (${why}); choose another with --port.`, { cause: error });
  }
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
