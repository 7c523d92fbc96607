import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { parseDotenv } from "./dotenv.ts";
import { type GatewayAuth, readGatewayAuth } from "./gateway-auth.ts";
import { runHostScript } from "./host-script.ts";
import { onboardingError } from "./onboarding-error.ts";
import type { OpenClawSetup } from "./openclaw-setup.ts";
import type { HostProbe } from "./probe-host.ts";
import type { OnboardingQuestions } from "./questions.ts";
import { MAX_FILE_BYTES, type ScriptOutput } from "./script-output.ts";

export interface ReadCredentialOptions {
  readonly probe: HostProbe;
  /** Which Gateway of the host: a set-up of OpenClaw, or the sidecar. */
  readonly gateway: OpenClawSetup | "sidecar";
  readonly questions: Pick<OnboardingQuestions, "readCredential">;
  readonly signal: AbortSignal;
}

export interface FoundCredential {
  /** Empty when the Gateway asks for none. */
  readonly credential: GatewayCredential;
  /** For the ladder and the log, without the secret: `token from ~/.openclaw/openclaw.json (gateway.auth.token)`. */
  readonly evidence: string;
}

const READ_TIMEOUT_MS = 10_000;

const OPENCLAW_SCRIPT = `
[ -f "$1" ] && [ ! -r "$1" ] && field unreadable yes
file config "$1"
file dotenv "$2/.env"
file gateway-env "$3/.config/openclaw/gateway.env"
return 0
`;

const SIDECAR_SCRIPT = `
[ -f "$1/openclaw.json" ] && [ ! -r "$1/openclaw.json" ] && field unreadable yes
file config "$1/openclaw.json"
file token "$1/gateway.token"
return 0
`;

/**
 * Reads what the Gateway on a host lets people in with, after asking, over the SSH connection that has already proved who
 * the person is. The files are read here; on the host nothing is parsed, run or written.
 * @throws ConnectError REMOTE_CONFIG_UNREADABLE, SECRET_UNRESOLVED, HOST_UNSUPPORTED, SSH_TIMEOUT, SSH_CLOSED;
 *   CancelledError, also when the person says no
 */
export async function readGatewayCredential(
  session: SshSession,
  options: ReadCredentialOptions,
): Promise<FoundCredential> {
  const { gateway } = options;
  return gateway === "sidecar" ? readSidecar(session, options) : readOpenClaw(session, gateway, options);
}

async function readOpenClaw(
  session: SshSession,
  { stateDir, configPath }: OpenClawSetup,
  options: ReadCredentialOptions,
): Promise<FoundCredential> {
  const { home } = options.probe;
  const path = configPath ?? `${stateDir}/openclaw.json`;
  const args = [path, stateDir, home];
  const output = await readAfterAsking(session, { file: path, path, script: OPENCLAW_SCRIPT, args }, options);
  const env = ["dotenv", "gateway-env"].map((name) => parseDotenv(textOf(output, name)));
  const auth = readGatewayAuth({ host: session.label, path, text: textOf(output, "config"), env });
  return found(auth, tilde(path, home));
}

async function readSidecar(session: SshSession, options: ReadCredentialOptions): Promise<FoundCredential> {
  const { home, sidecar } = options.probe;
  const file = `${sidecar.stateDir}/gateway.token`;
  const path = `${sidecar.stateDir}/openclaw.json`;
  const args = [sidecar.stateDir];
  const output = await readAfterAsking(session, { file, path, script: SIDECAR_SCRIPT, args }, options);
  const token = textOf(output, "token").trim();
  const auth = readGatewayAuth({
    host: session.label,
    path,
    text: textOf(output, "config"),
    env: [],
    ownToken: token === "" ? undefined : token,
  });
  return found(auth, tilde(auth.from === "its own" ? file : path, home));
}

interface Reading {
  /** Shown to the person. */
  readonly file: string;
  /** Of the config. */
  readonly path: string;
  readonly script: string;
  readonly args: readonly string[];
}

async function readAfterAsking(
  session: SshSession,
  { file, path, script, args }: Reading,
  { questions, signal }: ReadCredentialOptions,
): Promise<ScriptOutput> {
  const isAllowed = await questions.readCredential({ host: session.label, file }, signal);
  if (!isAllowed || signal.aborted) throw new CancelledError();
  const bound = { signal, timeoutMs: READ_TIMEOUT_MS, maxBytes: 4 * MAX_FILE_BYTES };
  const output = await runHostScript(session, { script, args, ...bound });
  const isTooLarge = Buffer.byteLength(textOf(output, "config")) > MAX_FILE_BYTES;
  if (isTooLarge || output.first("unreadable") !== undefined) {
    const why = isTooLarge ? `is larger than ${MAX_FILE_BYTES} bytes` : "cannot be read by this account";
    const facts = [{ label: "savedIn" as const, value: path }];
    throw onboardingError("REMOTE_CONFIG_UNREADABLE", session.label, `${path} ${why}`, { facts });
  }
  return output;
}

const textOf = (output: ScriptOutput, name: string): string => output.file(name) ?? "";

const tilde = (path: string, home: string): string =>
  path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;

const found = ({ mode, credential, from }: GatewayAuth, path: string): FoundCredential => ({
  credential,
  evidence: mode === "none" ? `no credential needed (${path})` : `${mode} from ${path} (${from})`,
});
