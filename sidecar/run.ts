import { join } from "node:path";
import { STATE_FILES } from "./config/state-dir.ts";
import { RUN_HELP } from "./run-help.ts";
import { type RunPlan, planRun } from "./run-plan.ts";
import { type RunningGateway, startGateway } from "./start-gateway.ts";
import { VERSION } from "./version.ts";

/**
 * The `run` command: starts the Gateway and resolves when it has stopped after SIGTERM or SIGINT.
 * @returns the exit code
 * @throws StartupError
 */
export async function run(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help")) {
    process.stdout.write(RUN_HELP);
    return 0;
  }
  const plan = await planRun(argv);
  const gateway = await startGateway(plan);
  const stopped = waitForSignal();
  process.stdout.write(plan.flags.json ? readyLine(gateway) : greeting(plan, gateway));
  await gateway.stop(await stopped);
  return 0;
}

function readyLine({ url, port, posture }: RunningGateway): string {
  const { fingerprint } = posture.tls;
  const tls = fingerprint === undefined ? {} : { tlsFingerprint: fingerprint };
  return `${JSON.stringify({ ready: true, url, port, pid: process.pid, ...tls })}\n`;
}

function greeting({ stateDir, auth, bind }: RunPlan, { url, posture }: RunningGateway): string {
  const isOwn = auth.mode === "token" && auth.secret === undefined;
  const lines = [
    `OpenClaw sidecar ${VERSION} listens on ${url}`,
    ...(bind.isOpen ? [`  also   ${bind.hosts.join(", ")} (gateway.bind "${bind.mode}")`] : []),
    `  state  ${stateDir}`,
    isOwn ? `  token  in ${join(stateDir, STATE_FILES.token)}` : `  auth   ${auth.mode}`,
    ...(posture.tls.fingerprint === undefined ? [] : [`  tls    SHA-256 ${posture.tls.fingerprint}`]),
    ...(posture.tailscale.url === undefined ? [] : [`  tailscale  ${posture.tailscale.url}`]),
  ];
  return `${lines.join("\n")}\n`;
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
