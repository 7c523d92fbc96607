import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CancelledError } from "../../protocol/errors/connect-error.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { runHostScript } from "./host-script.ts";
import { COMMIT_SCRIPT, DISCARD_SCRIPT, PREPARE_SCRIPT } from "./install-script.ts";
import { nodeForSidecar } from "./node-for-sidecar.ts";
import { onboardingError } from "./onboarding-error.ts";
import type { HostProbe } from "./probe-host.ts";
import type { OnboardingQuestions } from "./questions.ts";
import { type UploadWay, uploadByExec, uploadBySftp } from "./upload.ts";

export interface InstallSidecarOptions {
  readonly probe: HostProbe;
  /** `dist/sidecar.mjs` on this computer, and its version. */
  readonly file: string;
  readonly version: string;
  readonly questions: Pick<OnboardingQuestions, "installSidecar">;
  readonly signal: AbortSignal;
}

export interface InstalledSidecar {
  /** `STATE/bin/VERSION-HASH8/sidecar.mjs` on the host. */
  readonly path: string;
  readonly version: string;
  /** Absolute path of the Node that runs it. */
  readonly node: string;
  /** How it came there; `present` when it was there already. */
  readonly way: UploadWay | "present";
  /** For the ladder: `sidecar 0.1.0 uploaded (sftp, 1.4 MB, checksum right)`. */
  readonly evidence: string;
}

const STEP_TIMEOUT_MS = 20_000;
const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,40}$/;

/**
 * Puts the sidecar on a host, after asking: one file under a name that says its version and content, written beside and
 * renamed only when its SHA-256 is right there. When that very file is there already, nobody is asked and nothing is sent.
 * @throws ConnectError NODE_NOT_FOUND, UPLOAD_FAILED, UPLOAD_CORRUPT, HOST_UNSUPPORTED, SSH_TIMEOUT, SSH_CLOSED;
 *   CancelledError, also on a no. No half file is ever left under the final name.
 */
export async function installSidecar(session: SshSession, options: InstallSidecarOptions): Promise<InstalledSidecar> {
  const { probe, version, questions, signal } = options;
  if (!VERSION.test(version)) throw new TypeError(`${version} is no version`);
  const { path: node } = nodeForSidecar(probe);
  const bytes = await readFile(options.file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const name = `${version}-${sha256.slice(0, 8)}`;
  const directory = `${probe.sidecar.stateDir}/bin/${name}`;
  const path = `${directory}/sidecar.mjs`;
  const isKnown = probe.sidecar.installed.includes(path);
  if (!isKnown)
    await ask({ questions, signal }, { host: session.label, directory, version, bytes: bytes.length, node });

  const prepared = await runHostScript(session, {
    script: PREPARE_SCRIPT,
    args: [probe.sidecar.stateDir, name, node],
    signal,
    timeoutMs: STEP_TIMEOUT_MS,
  });
  if (prepared.first("ready") === undefined) {
    const why = prepared.first("refused") ?? `${directory} cannot be made`;
    throw onboardingError("UPLOAD_FAILED", session.label, why);
  }
  const done = (way: InstalledSidecar["way"], evidence: string) => ({ path, version, node, way, evidence });
  if (prepared.first("sum") === sha256) return done("present", `sidecar ${name} is there already`);
  // Another file has its name: the disk or a hand changed it, which the person must know before it is replaced.
  if (isKnown) await ask({ questions, signal }, { host: session.label, directory, version, bytes: bytes.length, node });
  const way = await place(session, { bytes, sha256, path, node, signal });
  return done(way, `sidecar ${name} uploaded (${way}, ${(bytes.length / 1e6).toFixed(1)} MB, checksum right)`);
}

interface Placing {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** The final one. */
  readonly path: string;
  readonly node: string;
  readonly signal: AbortSignal;
}

/** By SFTP when the host has it and it sees the same files as its commands, else by a command. */
async function place(session: SshSession, placing: Placing): Promise<UploadWay> {
  const { bytes, path, signal } = placing;
  const directory = path.slice(0, path.lastIndexOf("/"));
  const stem = `${directory}/.sidecar.${randomBytes(6).toString("hex")}`;
  const parts = { sftp: `${stem}.part`, exec: `${stem}.exec.part` };
  try {
    const isSent = await uploadBySftp(session, { bytes, path: parts.sftp, signal });
    if (isSent && (await commit(session, parts.sftp, placing))) return "sftp";
    await uploadByExec(session, { bytes, path: parts.exec, signal });
    if (await commit(session, parts.exec, placing)) return "exec";
    throw onboardingError("UPLOAD_FAILED", session.label, "the file that was sent is not there");
  } catch (error) {
    const discarded = discard(session, Object.values(parts));
    // A person who cancels does not wait for the cleaning.
    if (!signal.aborted) await discarded;
    throw error;
  }
}

/** False when the part is not there. */
async function commit(session: SshSession, part: string, { path, sha256, node, signal }: Placing): Promise<boolean> {
  const output = await runHostScript(session, {
    script: COMMIT_SCRIPT,
    args: [part, path, sha256, node],
    signal,
    timeoutMs: STEP_TIMEOUT_MS,
  });
  if (output.first("installed") !== undefined) return true;
  const sum = output.first("sum");
  if (sum === undefined) return false;
  throw sum === sha256
    ? onboardingError("UPLOAD_FAILED", session.label, `the file could not be given its name ${path}`)
    : onboardingError(
        "UPLOAD_CORRUPT",
        session.label,
        `its SHA-256 is ${sum.slice(0, 16)}…, not ${sha256.slice(0, 16)}…`,
      );
}

/** Best effort: what stays behind has no name that anything runs, and the next installation removes it. */
async function discard(session: SshSession, parts: readonly string[]): Promise<void> {
  if (!session.isAlive) return;
  const signal = AbortSignal.timeout(3_000);
  await runHostScript(session, { script: DISCARD_SCRIPT, args: parts, signal, timeoutMs: 3_000 }).catch(
    () => undefined,
  );
}

async function ask(
  { questions, signal }: Pick<InstallSidecarOptions, "questions" | "signal">,
  question: Parameters<OnboardingQuestions["installSidecar"]>[0],
): Promise<void> {
  if (!(await questions.installSidecar(question, signal)) || signal.aborted) throw new CancelledError();
}
