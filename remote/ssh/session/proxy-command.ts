import { CancelledError, ConnectError } from "../../../protocol/errors/connect-error.ts";
import type { OpenContext } from "../../../protocol/client/transport.ts";
import { codeOf } from "../../net/dial.ts";
import { type ChildLine, startChildLine } from "../../process/child-line.ts";
import { printable } from "../../target/printable.ts";
import type { AuthMemory } from "../auth/auth-memory.ts";
import { configFault } from "../config/config-fault.ts";
import type { SshEnvironment } from "../config/environment.ts";
import { ExpansionError, expandTokens } from "../config/expand.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import type { SshPrompts } from "../prompts.ts";

export interface ProxyContext {
  readonly prompts: SshPrompts;
  readonly memory: AuthMemory;
  readonly context: OpenContext;
  readonly environment: SshEnvironment;
}

/** What may stand in a shell's words for a host, a user or a port without meaning anything to it. */
const HARMLESS = /^[A-Za-z0-9_[\]:.@+][A-Za-z0-9_[\]:.@+-]*$/;

/**
 * Runs the ProxyCommand of ssh_config as ssh does, with the person's shell, and gives its input and output as the line to the
 * server. A person is shown the whole command first, once for each; nobody asked, nothing runs. It comes from the person's or
 * the system's own ssh_config, never from a workspace, and runs in the home directory.
 * @throws ConnectError SSH_CONFIG_INVALID, SSH_CLOSED; CancelledError
 */
export async function startProxyCommand(config: SshHostConfig, proxy: ProxyContext): Promise<ChildLine> {
  const { context, environment } = proxy;
  const command = commandOf(config, environment);
  await allow(command, config, proxy);
  const { env, home, platform } = environment;
  const shell =
    platform === "win32"
      ? { command: env["ComSpec"] ?? "cmd.exe", args: ["/d", "/s", "/c", command] }
      : { command: env["SHELL"] ?? "/bin/sh", args: ["-c", `exec ${command}`] };
  try {
    return await startChildLine({ ...shell, cwd: home, env: { ...env } }, context.signal);
  } catch (error) {
    if (error instanceof CancelledError) throw error;
    throw configFault(
      config.proxyCommand?.savedIn ?? "ssh_config",
      `${shell.command}: ${codeOf(error) ?? String(error)}`,
      error,
    );
  }
}

/** An SSH_CLOSED before the server has said anything is the command's failure, and its own words tell why. */
export function proxyFailure(error: unknown, config: SshHostConfig, line: ChildLine): unknown {
  const said = line.said();
  if (!(error instanceof ConnectError) || error.code !== "SSH_CLOSED" || error.step !== "tcp" || said === "")
    return error;
  return new ConnectError("SSH_CLOSED", `The ProxyCommand for ${config.hostName} ended: ${said}.`, {
    step: "tcp",
    facts: [...error.facts.filter(({ label }) => label !== "detail"), { label: "detail", value: said }],
    cause: error,
  });
}

function commandOf({ proxyCommand, alias, hostName, user, port }: SshHostConfig, environment: SshEnvironment): string {
  const { args = [], savedIn = "ssh_config" } = proxyCommand ?? {};
  const tokens = { h: hostName, n: alias, p: String(port), r: user };
  for (const value of Object.values(tokens)) {
    // A shell would take it for more than a name.
    if (!HARMLESS.test(value)) throw configFault(savedIn, `“${printable(value)}” cannot stand in a ProxyCommand`);
  }
  try {
    return expandTokens(args.join(" "), tokens, environment);
  } catch (error) {
    if (error instanceof ExpansionError) throw configFault(savedIn, error.message, error);
    throw error;
  }
}

async function allow(command: string, { hostName, proxyCommand }: SshHostConfig, proxy: ProxyContext): Promise<void> {
  const { prompts, memory, context } = proxy;
  if (memory.isAllowed(command)) return;
  const savedIn = proxyCommand?.savedIn ?? "ssh_config";
  if (prompts.proxyCommand === undefined || !context.interactive) {
    throw configFault(
      savedIn,
      "ProxyCommand runs a command on this computer, which a person has to allow; or use ProxyJump",
    );
  }
  const question = { host: hostName, command: printable(command, Infinity), savedIn };
  if ((await prompts.proxyCommand(question, context.signal)) !== "run") throw new CancelledError();
  if (context.signal.aborted) throw new CancelledError();
  memory.allow(command);
}
