import type { SshTarget } from "../target/ssh-target.ts";

/** The ports at both ends of a forwarding. */
export interface Forwarding {
  readonly localPort: number;
  readonly gatewayPort: number;
}

/**
 * The command that does in any terminal what our local port does. A checked target has nothing in it that a shell would
 * take for more than text.
 */
export function sshForwardLine({ user, host, port }: SshTarget, { localPort, gatewayPort }: Forwarding): string {
  const place = user === undefined ? host : `${user}@${host}`;
  const at = port === undefined ? "" : ` -p ${port}`;
  return `ssh -N -L 127.0.0.1:${localPort}:127.0.0.1:${gatewayPort}${at} -- ${place}`;
}
