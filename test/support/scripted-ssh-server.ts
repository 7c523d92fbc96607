import type { AddressInfo } from "node:net";
import ssh2, { type AuthContext, type Connection } from "ssh2";

export interface ScriptedSshServer {
  readonly port: number;
  /** `type base64` */
  readonly publicKey: string;
  stop(): Promise<void>;
}

/**
 * An SSH server on loopback whose sign-in goes as a test says. Accounts with passwords are the system's business, and a
 * web page is nobody's here: what sshd cannot show without them is shown with ssh2's own server.
 * @param banner what it says before anybody signs in; empty: nothing
 */
export async function startScriptedSshServer(
  authenticate: (context: AuthContext) => void,
  banner = "",
): Promise<ScriptedSshServer> {
  const key = ssh2.utils.generateKeyPairSync("ed25519");
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [key.private], banner }, (client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    client.on("error", () => undefined);
    client.on("authentication", authenticate);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    publicKey: key.public.split(" ").slice(0, 2).join(" "),
    stop() {
      for (const client of clients) client.end();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
