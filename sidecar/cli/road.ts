import type { GatewayTransport } from "../../protocol/client/transport.ts";
import type { SshPrompts } from "../../remote/ssh/prompts.ts";
import type { Target } from "./target.ts";

/** The way to a target. Nothing is opened yet; ssh2 is loaded only for an SSH target. @throws ConnectError TARGET_INVALID, INSECURE_URL */
export async function transportTo(target: Target, timeoutMs: number): Promise<GatewayTransport> {
  if (target.kind === "url") {
    const [{ DirectTransport }, { parseGatewayUrl }, { proxyFor }] = await Promise.all([
      import("../../remote/transport/direct-transport.ts"),
      import("../../remote/target/gateway-url.ts"),
      import("../../remote/net/proxy-choice.ts"),
    ]);
    const url = parseGatewayUrl(target.url);
    const proxy = () => proxyFor(url, { env: process.env });
    return new DirectTransport({ url, tlsFingerprint: target.tlsFingerprint, proxy, timeoutMs });
  }
  const [{ SshTransport }, { parseSshTarget }, { SystemSshMemory }] = await Promise.all([
    import("../../remote/transport/ssh-transport.ts"),
    import("../../remote/target/ssh-target.ts"),
    import("../../remote/ssh/system/system-ssh.ts"),
  ]);
  const { sshClient } = target;
  return new SshTransport({
    target: parseSshTarget(target.ssh),
    prompts: nobody,
    gatewayPort: target.gatewayPort,
    hostKeyPolicy: "strict",
    system: { choice: () => sshClient, askpassFile: undefined, memory: new SystemSshMemory() },
  });
}

/** A command has nobody to ask: agent and key files must do, and an unknown host key is an error. */
const nobody: SshPrompts = {
  hostKey: async () => "cancel",
  passphrase: async () => undefined,
  password: async () => undefined,
  keyboardInteractive: async () => undefined,
};
