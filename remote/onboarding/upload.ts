import type { SFTPWrapper } from "ssh2";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { within } from "../net/within.ts";
import type { SshSession } from "../ssh/session/ssh-session.ts";
import { hostCommand, lastLine, runOnHost } from "./host-script.ts";
import { onboardingError } from "./onboarding-error.ts";

export interface Upload {
  readonly bytes: Uint8Array;
  /** Absolute; must not exist. */
  readonly path: string;
  readonly signal: AbortSignal;
}

export type UploadWay = "sftp" | "exec";

const UPLOAD_TIMEOUT_MS = 180_000;
const SFTP_OPEN_TIMEOUT_MS = 8_000;

/**
 * Writes a new file on the host that only its owner can read. It may be there in part when this fails, and it may be damaged
 * when this succeeds: the caller compares its checksum before anything uses it.
 * @returns whether it could be done in this way
 * @throws ConnectError UPLOAD_FAILED, HOST_UNSUPPORTED, SSH_TIMEOUT, SSH_CLOSED; CancelledError
 */
export async function uploadBySftp(session: SshSession, upload: Upload): Promise<boolean> {
  const { signal } = upload;
  const opened = await openSftp(session, signal);
  if (opened === undefined) return false;
  const closed = new Promise<void>((resolve) => opened.once("close", () => resolve()));
  try {
    const onTimeout = (): Error => failed(session, `it took longer than ${UPLOAD_TIMEOUT_MS} ms`);
    return await within(write(opened, upload), { signal, timeoutMs: UPLOAD_TIMEOUT_MS, onTimeout });
  } finally {
    opened.end();
    // A server with `MaxSessions 1` has no other session until this one has gone.
    if (session.isAlive && !signal.aborted) await within(closed, { signal, timeoutMs: 2_000 }).catch(() => undefined);
  }
}

/** The same with a command of the host, for servers without SFTP. */
export async function uploadByExec(session: SshSession, { bytes, path, signal }: Upload): Promise<void> {
  const script = 'umask 077; PATH="$PATH:/usr/bin:/bin"; exec cat > "$1"';
  const command = hostCommand(session.label, ["/bin/sh", "-c", script, "sh", path]);
  const outcome = await runOnHost(session, command, {
    signal,
    timeoutMs: UPLOAD_TIMEOUT_MS,
    maxBytes: 64 * 1024,
    input: bytes,
  });
  if (outcome.code !== 0) throw failed(session, `writing ${path} ended with ${lastLine(outcome.stderr)}`);
}

/** Undefined: no SFTP there, or what answers does not speak it in time. */
async function openSftp(session: SshSession, signal: AbortSignal): Promise<SFTPWrapper | undefined> {
  try {
    const outcome = await session.openSftp({ signal, timeoutMs: SFTP_OPEN_TIMEOUT_MS });
    if (outcome.kind === "refused") return undefined;
    outcome.sftp.on("error", () => undefined);
    return outcome.sftp;
  } catch (error) {
    if (error instanceof ConnectError && error.code === "SSH_TIMEOUT" && session.isAlive) return undefined;
    throw error;
  }
}

/** False when the server does not take all of it: its SFTP may see another root than its commands, or the disk is full. */
function write(sftp: SFTPWrapper, { bytes, path }: Upload): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = sftp.createWriteStream(path, { flags: "wx", mode: 0o600, autoClose: true });
    stream.once("error", () => resolve(false));
    let isWhole = false;
    // A write that fails, as on a full disk, closes the stream without an error.
    stream.once("close", () => resolve(isWhole));
    sftp.once("close", () => resolve(false));
    stream.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), (error) => {
      isWhole = error === undefined || error === null;
    });
    stream.end();
  });
}

const failed = (session: SshSession, why: string): ConnectError => onboardingError("UPLOAD_FAILED", session.label, why);
