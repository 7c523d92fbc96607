import { randomUUID } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../protocol/util/logger.ts";
import { DisposableStore, toDisposable } from "../protocol/util/disposable.ts";
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
import type { Posture } from "./gateway/posture.ts";
import { LateLogger } from "./late-logger.ts";
import { LiveRules } from "./live-rules.ts";
import { explainPortHolder } from "./port-holder.ts";
import { openRunLog } from "./run-logger.ts";
import type { RunPlan } from "./run-plan.ts";
import { processIdentity } from "./service/process-identity.ts";
import { runArguments } from "./service/run-arguments.ts";
import { removeRuntimeFile, writeRuntimeFile } from "./store/runtime-file.ts";
import { Store } from "./store/store.ts";
import type { TailscaleClaim } from "./tailscale/claim.ts";
import type { LiveCertificate } from "./tls/live-certificate.ts";
import { VERSION } from "./version.ts";

/** A Gateway that takes connections. */
export interface RunningGateway {
  /** `ws://127.0.0.1:PORT`, or `wss:` */
  readonly url: string;
  readonly port: number;
  readonly posture: Posture;
  /** Lets running answers end, says goodbye to everyone, and resolves when all is closed. */
  stop(why: string): Promise<void>;
}

/**
 * Starts what a plan says. The port is opened first: when somebody has it, nothing on the disk has changed.
 * @throws StartupError; nothing stays open
 */
export async function startGateway(plan: RunPlan): Promise<RunningGateway> {
  const owned = new DisposableStore();
  try {
    return await assemble(plan, owned);
  } catch (error) {
    owned.dispose();
    throw error;
  }
}

async function assemble(plan: RunPlan, owned: DisposableStore): Promise<RunningGateway> {
  const { flags, stateDir, config, bind } = plan;
  const logger = new LateLogger();
  const audit = new Audit(logger);
  const early = perimeterOf(config, plan.auth.mode);
  const tls = config.tls === undefined ? undefined : await Tls.prepare(config.tls, stateDir);
  let live: LiveRules | undefined;
  let gateway: Gateway | undefined;
  const listener = new Listener({
    limits: DEFAULT_LIMITS,
    perimeter: () => live?.state.perimeter ?? early,
    logger,
    audit,
    ...(tls === undefined ? {} : { tls: tls.material }),
    onSocket: (socket, peer, known) => gateway?.accept(socket, peer, known),
  });
  owned.add(listener);
  const port = await listen(listener, plan);
  const store = openStore(stateDir);
  owned.add(toDisposable(() => store.close()));
  const secrets: string[] = [];
  logger.attach(openRunLog({ stateDir, secrets, isQuiet: flags.quiet }));
  const rules = new LiveRules({ plan, logger, secrets, changed: (state) => gateway?.reconfigure(state) });
  live = rules;
  owned.add(rules);
  const url = `${tls === undefined ? "ws" : "wss"}://${LOOPBACK}:${port}`;
  const about = { version: VERSION, bootId: randomUUID(), startedAt: Date.now() };
  const note = (): void =>
    writeRuntime(plan, { ...about, url, port, tlsFingerprint: certificate?.material.fingerprint });
  const certificate = tls?.follow({
    logger,
    isPaused: () => rules.state.config.reload === "off",
    changed(material) {
      listener.renew(material);
      note();
    },
  });
  if (certificate !== undefined) owned.add(certificate);
  const claim = await openTailscale(plan, { listener, logger, rules });
  if (claim !== undefined) owned.add(claim);
  const posture = (): Posture => ({
    bind: { mode: bind.mode, hosts: bind.hosts, port },
    authMode: plan.auth.mode,
    tls:
      certificate === undefined ? { enabled: false } : { enabled: true, fingerprint: certificate.material.fingerprint },
    tailscale: {
      mode: plan.tailscale,
      ...(claim?.url === undefined ? {} : { url: claim.url }),
      ...(claim?.problem === undefined ? {} : { problem: claim.problem }),
    },
    pendingRestart: rules.pendingRestart,
    ...(rules.problem === undefined ? {} : { configProblem: rules.problem }),
  });
  const running = inStateDir(
    stateDir,
    () =>
      new Gateway({
        ...rules.state,
        store,
        deviceKey: deviceKey(stateDir),
        limits: DEFAULT_LIMITS,
        loadModel,
        logger,
        audit,
        checkConfig: (next) => rules.check(next),
        about: { ...about, stateDir, configPath: config.path, posture },
      }),
  );
  gateway = running;
  listener.serve();
  note();
  const outward = bind.isOpen
    ? `, and for other computers on ${bind.hosts.filter((host) => host !== LOOPBACK).join(", ")}`
    : "";
  logger.info(`OpenClaw sidecar ${VERSION} listens on ${url}${outward} (process ${process.pid})`);
  if (bind.note !== undefined) logger.warn(`gateway.bind "${bind.mode}": ${bind.note}`);
  return {
    url,
    port,
    posture: posture(),
    async stop(why) {
      logger.info(`${why}: stopping; running answers may finish`);
      rules.dispose();
      certificate?.dispose();
      claim?.dispose();
      listener.stopAccepting();
      await running.stop("gateway stopping");
      removeRuntimeFile(stateDir, about.bootId);
      owned.dispose();
      logger.info("stopped");
    },
  };
}

/** The private way in and the route to it. Loaded only where it is used. */
async function openTailscale(
  { tailscale: mode }: RunPlan,
  { listener, logger, rules }: { readonly listener: Listener; readonly logger: Logger; readonly rules: LiveRules },
): Promise<TailscaleClaim | undefined> {
  if (mode === "off") return undefined;
  const [{ TailscaleClaim: Claim }, { tailscaleDoor }, { tailscaledSocket, whois }] = await Promise.all([
    import("./tailscale/claim.ts"),
    import("./tailscale/door.ts"),
    import("./tailscale/whois.ts"),
  ]);
  const door = tailscaleDoor({
    mode,
    allowsIdentity: () => rules.state.policy.allowTailscale,
    whois: (address) => whois(address, tailscaledSocket()),
  });
  const port = await listener.listen({ port: 0, hosts: [LOOPBACK] }, door);
  return Claim.open({ mode, port, logger });
}

/** TLS is loaded only where it is used. */
const Tls = {
  async prepare(config: NonNullable<RunPlan["config"]["tls"]>, stateDir: string) {
    const [{ prepareTls, saveTls, tlsPaths }, { LiveCertificate: Live }] = await Promise.all([
      import("./tls/material.ts"),
      import("./tls/live-certificate.ts"),
    ]);
    const paths = tlsPaths(config, stateDir);
    const material = prepareTls(config, paths);
    return {
      material,
      follow(options: Omit<ConstructorParameters<typeof Live>[0], "paths" | "material">): LiveCertificate {
        if (material.isNew) saveTls(material, paths);
        return new Live({ ...options, paths, material });
      },
    };
  },
};

function openStore(stateDir: string): Store {
  return inStateDir(stateDir, () => {
    createStateDir(stateDir);
    const path = join(stateDir, STATE_FILES.store);
    // SQLite would make it readable for others; what it adds beside it takes the mode of this file.
    closeSync(openSync(path, "a", 0o600));
    return new Store(path);
  });
}

function inStateDir<T>(stateDir: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
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

interface Facts {
  readonly version: string;
  readonly bootId: string;
  readonly startedAt: number;
  readonly url: string;
  readonly port: number;
  readonly tlsFingerprint: string | undefined;
}

function writeRuntime({ flags, stateDir, auth }: RunPlan, { tlsFingerprint, ...facts }: Facts): void {
  const identity = processIdentity(process.pid);
  // A secret that only who starts this knows could not be given again by somebody else.
  const isGiven = auth.secret?.origin === "flag" || auth.secret?.origin === "environment";
  writeRuntimeFile(stateDir, {
    ...facts,
    pid: process.pid,
    ...(tlsFingerprint === undefined ? {} : { tlsFingerprint }),
    ...(identity === undefined ? {} : { process: identity }),
    launch: { args: runArguments(flags, stateDir), secret: isGiven ? "given" : "stored" },
  });
}

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
