import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { SshEnvironment } from "../../remote/ssh/config/environment.ts";
import { type Sshd, freePort } from "../../test/support/sshd.ts";

/** What our SSH connection needs to reach a private sshd: nobody is asked anything. */
export function sshParts(sshd: Sshd) {
  const refuse = async () => undefined;
  const environment: SshEnvironment = {
    home: sshd.home,
    localUser: sshd.user,
    localHost: "bench.example",
    env: {},
    platform: process.platform,
    configFiles: [{ path: sshd.configFile, includeFrom: `${sshd.home}/.ssh` }],
  };
  return {
    target: { user: undefined, host: "lab", port: undefined },
    prompts: {
      hostKey: async () => "cancel" as const,
      passphrase: refuse,
      password: refuse,
      keyboardInteractive: refuse,
    },
    environment,
  };
}

/** The arguments of an `ssh` to the private sshd, as a person would have them in their config. */
export function sshArguments(sshd: Sshd, ...what: readonly string[]): readonly string[] {
  const options = [
    "IdentityAgent=none",
    "IdentitiesOnly=yes",
    `UserKnownHostsFile=${sshd.knownHostsFile}`,
    "BatchMode=yes",
  ].flatMap((option) => ["-o", option]);
  const place = ["-i", sshd.keyFile, "-p", String(sshd.port)];
  return ["-F", "none", ...what, ...place, ...options, `${sshd.user}@127.0.0.1`];
}

/** `ssh -N -L`, as a person would type it, once it forwards. */
export async function openForward(sshd: Sshd, gatewayPort: number): Promise<{ port: number; stop(): void }> {
  const port = await freePort();
  const args = sshArguments(sshd, "-N", "-L", `127.0.0.1:${port}:127.0.0.1:${gatewayPort}`);
  const child = spawn("ssh", args, { stdio: ["ignore", "ignore", "inherit"] });
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`ssh -L ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { port, stop: () => void child.kill() };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
