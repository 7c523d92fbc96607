import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type AuthContext, type Connection } from "ssh2";
import { makeKey, publicPart } from "./sshd.ts";

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
  const { hostKey, publicKey } = await makeHostKey();
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [hostKey], banner }, (client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    client.on("error", () => undefined);
    client.on("authentication", authenticate);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    publicKey,
    stop() {
      for (const client of clients) client.end();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** By ssh-keygen: what ssh2 makes it cannot always read. */
async function makeHostKey(): Promise<{ readonly hostKey: string; readonly publicKey: string }> {
  const directory = await mkdtemp(join(tmpdir(), "openclaw-host-key-"));
  try {
    const file = await makeKey(join(directory, "key"));
    const [hostKey, line] = await Promise.all([readFile(file, "utf8"), readFile(`${file}.pub`, "utf8")]);
    return { hostKey, publicKey: publicPart(line) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Asks as PAM does: for the password, and then perhaps for a code, of which any will do. */
export const likePam =
  (right: () => string, password: string, code?: string) =>
  (context: AuthContext): void => {
    if (context.method !== "keyboard-interactive") return context.reject(["keyboard-interactive"]);
    return context.prompt([{ prompt: password, echo: false }], ([answer]) => {
      if (answer !== right()) context.reject(["keyboard-interactive"]);
      else if (code === undefined) context.accept();
      else context.prompt([{ prompt: code, echo: false }], () => context.accept());
    });
  };
