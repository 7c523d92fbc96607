import type { GatewayTransport } from "../../protocol/client/transport.ts";
import type { EdgeHeaders } from "../../remote/socket/edge-headers.ts";
import type { SshPrompts } from "../../remote/ssh/prompts.ts";
import type { Target } from "./target.ts";

/** The way to a target. Nothing is opened yet; ssh2 is loaded only for an SSH target. @throws ConnectError TARGET_INVALID, INSECURE_URL */
export async function transportTo(target: Target, timeoutMs: number): Promise<GatewayTransport> {
  if (target.kind === "url") {
    const [{ DirectTransport }, { environmentProxy }, { parseGatewayUrl }] = await Promise.all([
      import("../../remote/transport/direct-transport.ts"),
      import("../../remote/net/proxy-rules.ts"),
      import("../../remote/target/gateway-url.ts"),
    ]);
    return new DirectTransport({
      url: parseGatewayUrl(target.url),
      tlsFingerprint: target.tlsFingerprint,
      proxy: { rules: () => environmentProxy(process.env) },
      ...(target.edgeHeaders === undefined ? {} : { edge: edgeOf(target.edgeHeaders) }),
      timeoutMs,
    });
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

const edgeOf = (values: ReadonlyMap<string, string>): EdgeHeaders => ({
  names: [...values.keys()],
  values: async () => values,
});

/** A command has nobody to ask: agent and key files must do, and an unknown host key is an error. */
const nobody: SshPrompts = {
  hostKey: async () => "cancel",
  passphrase: async () => undefined,
  password: async () => undefined,
  keyboardInteractive: async () => undefined,
};
