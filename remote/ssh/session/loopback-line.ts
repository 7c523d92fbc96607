import type { Duplex } from "node:stream";
import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { DialBound } from "../../net/dial.ts";
import type { SshSession } from "./ssh-session.ts";

const ADDRESS = "127.0.0.1";
const NAME = "localhost";

/** Connections whose server forwards to the name and not to the address. */
const byName = new WeakSet<SshSession>();

/**
 * A line to a port of the host's own loopback. sshd compares what it may forward to as text (`PermitOpen localhost:18789`):
 * where it refuses the address, the name is tried, and goes first from then on.
 * @throws ConnectError as `SshSession.openTcpChannel`; CancelledError
 */
export async function openLoopbackLine(session: SshSession, port: number, bound: DialBound): Promise<Duplex> {
  const isByName = byName.has(session);
  try {
    return await session.openTcpChannel({ host: isByName ? NAME : ADDRESS, port }, bound);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    const place = { host: isByName ? ADDRESS : NAME, port };
    const line = await session.openTcpChannel(place, bound).catch((failure: unknown) => {
      throw isForbidden(failure) ? error : failure;
    });
    if (!isByName) byName.add(session);
    return line;
  }
}

const isForbidden = (error: unknown): boolean => error instanceof ConnectError && error.code === "FORWARDING_FORBIDDEN";
