import type { SshSession } from "../ssh/session/ssh-session.ts";
import type { InstalledSidecar } from "./install-sidecar.ts";
import { portOf } from "../target/port.ts";
import { onboardingError } from "./onboarding-error.ts";
import type { HostProbe } from "./probe-host.ts";
import { callSidecarCli } from "./sidecar-cli.ts";

export interface StartSidecarOptions {
  readonly probe: HostProbe;
  readonly installed: Pick<InstalledSidecar, "node" | "path">;
  readonly signal: AbortSignal;
}

export interface StartedSidecar {
  /** On 127.0.0.1 of the host, and nowhere else. */
  readonly port: number;
  readonly version: string;
  readonly pid: number;
  /** It ran before, perhaps in another version; nothing was started. */
  readonly alreadyRunning: boolean;
  /** Where it keeps the token that it made for itself, for `readGatewayCredential`. */
  readonly tokenFile: string;
  /** For the ladder: `sidecar 0.1.0 started on 127.0.0.1:18789`. */
  readonly evidence: string;
}

const READY_TIMEOUT_MS = 20_000;
const CALL_TIMEOUT_MS = READY_TIMEOUT_MS + 10_000;

/**
 * Starts the sidecar that is installed on a host, so that it lives on when this connection ends, and resolves when it takes
 * connections. On the port that its config names, else 18789; when that is taken, on a free one.
 * @throws ConnectError SIDECAR_START_FAILED with the sidecar's own words, HOST_UNSUPPORTED, SSH_TIMEOUT, SSH_CLOSED;
 *   CancelledError
 */
export async function startSidecar(session: SshSession, options: StartSidecarOptions): Promise<StartedSidecar> {
  const { probe, installed, signal } = options;
  const { stateDir } = probe.sidecar;
  const start = (more: readonly string[]) =>
    callSidecarCli(session, {
      node: installed.node,
      file: installed.path,
      stateDir,
      words: ["start", "--timeout", String(READY_TIMEOUT_MS), ...more],
      signal,
      timeoutMs: CALL_TIMEOUT_MS,
    });
  let answer = await start([]);
  if (!answer.ok && /^The sidecar did not start: Port \d+ /.test(answer.why)) answer = await start(["--port", "0"]);
  const facts = [{ label: "savedIn" as const, value: `${stateDir}/logs` }];
  if (!answer.ok) throw onboardingError("SIDECAR_START_FAILED", session.label, answer.why, { facts });
  const { payload } = answer;
  const port = portOf(payload["port"]);
  const { pid, version, alreadyRunning } = payload;
  if (port === undefined || typeof pid !== "number" || typeof version !== "string") {
    throw onboardingError("SIDECAR_START_FAILED", session.label, "it did not say where it listens", { facts });
  }
  const isOld = alreadyRunning === true;
  return {
    port,
    version,
    pid,
    alreadyRunning: isOld,
    tokenFile: `${stateDir}/gateway.token`,
    evidence: `sidecar ${version} ${isOld ? "runs already" : "started"} on 127.0.0.1:${port}`,
  };
}
