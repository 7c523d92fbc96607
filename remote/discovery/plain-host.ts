import { parseGatewayUrl } from "../target/gateway-url.ts";
import { parseSshTarget } from "../target/ssh-target.ts";

/** Whether a name that somebody else tells means one host, as an SSH target and in a URL alike, and nothing else. */
export function isPlainHost(name: string): boolean {
  try {
    const ssh = parseSshTarget(name);
    const isPlain = ssh.host === name && ssh.user === undefined && ssh.port === undefined;
    return isPlain && parseGatewayUrl(`wss://${name}`).host === name;
  } catch {
    return false;
  }
}
