import { covers } from "../auth/scopes.ts";
import type { Caller, MethodContext } from "./method.ts";

/** Close code and reason of a socket whose device or token is no longer good, as the real Gateway has them. */
const GONE = { code: 4001, reason: "device removed" } as const;

/** Without admin, a connection that came with a device token sees and manages only its own device. */
export function manages({ connection, scopes }: Caller, deviceId: string): boolean {
  const { grant } = connection;
  return grant?.byDeviceToken !== true || covers(scopes, "operator.admin") || grant.deviceId === deviceId;
}

/** Ends the open sockets of a device, or of one of its roles: what was taken away ends now and not at the next connect. */
export function closeSockets(
  whose: { readonly deviceId: string; readonly role?: string },
  { broadcaster }: Pick<MethodContext, "broadcaster">,
): void {
  // After the answer: the caller may be the device itself.
  setImmediate(() => {
    for (const connection of broadcaster) {
      const { grant } = connection;
      const isOne = grant?.deviceId === whose.deviceId && (whose.role === undefined || grant.role === whose.role);
      if (isOne) connection.close(GONE.code, GONE.reason);
    }
  });
}
