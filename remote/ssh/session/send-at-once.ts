import type { SshSession } from "./ssh-session.ts";

/** The one command that every shell has and that does nothing, Windows' included. */
const NOTHING = "exit";
const TIMEOUT_MS = 5_000;

/**
 * Makes an OpenSSH server send small packets as they come. It turns Nagle's algorithm off for a connection only with the
 * first command that it runs on it (session.c, `ssh_packet_set_interactive`); a connection that merely forwards is left
 * with pauses of up to 40 ms in all that streams. Best effort: a server that runs nothing for us stays as it is.
 */
export async function sendAtOnce(session: SshSession): Promise<void> {
  const { signal } = new AbortController();
  await session.exec(NOTHING, { signal, timeoutMs: TIMEOUT_MS, maxBytes: 0 }).catch(() => undefined);
}
