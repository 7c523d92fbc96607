import { CancelledError, type ConnectError } from "../../../protocol/errors/connect-error.ts";
import { formatSshTarget } from "../../target/ssh-target.ts";
import { printable } from "../../target/printable.ts";
import { configFault } from "../config/config-fault.ts";
import { systemSshEnvironment } from "../config/environment.ts";
import { type ConnectSshOptions, connectSsh, planRoute } from "../session/connect-ssh.ts";
import type { SshSession } from "../session/ssh-session.ts";
import type { SshHostConfig } from "../config/host-config.ts";
import { UnseenKeys, certificateReason, unseenInAgent } from "./certificates.ts";
import { connectSystemSsh } from "./connect-system-ssh.ts";
import { findSsh, sshMissing } from "./find-ssh.ts";
import { NeedsSystemSsh } from "./needs-system-ssh.ts";
import type { SystemSsh } from "./system-ssh.ts";
import { whySystem } from "./why-system.ts";

/**
 * Opens one SSH connection with the client that was chosen. With `auto` the system's ssh takes over what the built-in one
 * cannot do; when there is none, the built-in one's failure stands.
 * @throws ConnectError of the rungs `resolve` to `ssh-auth`, SSH_CLIENT_MISSING; CancelledError
 */
export async function openSsh(options: ConnectSshOptions, system: SystemSsh | undefined): Promise<SshSession> {
  const choice = system?.choice() ?? "built-in";
  if (system === undefined || choice === "built-in") return connectSsh(options);
  const { target, context, environment = systemSshEnvironment() } = options;
  const ssh = await findSsh(environment);
  if (choice === "system") {
    context.ladder.start("resolve");
    if (ssh === undefined) throw sshMissing(environment);
    const allow = async (): Promise<void> => undefined;
    return connectSystemSsh({ ...options, system, ssh, why: "chosen", allow });
  }
  if (ssh === undefined) return connectSsh(options);
  const name = formatSshTarget(target);
  const permission = { options, memory: system.memory };
  const allow = (commands: readonly string[]) =>
    allowCommands(
      commands.map((command) => ({ command, savedIn: "ssh_config" })),
      permission,
    );
  const known = system.memory.reason(name) ?? (await beyondBuiltIn(options));
  if (known !== undefined) return connectSystemSsh({ ...options, system, ssh, why: known, allow });
  const beforePassword = async (config: SshHostConfig): Promise<void> => {
    const why = await unseenInAgent(config, { ssh, environment });
    if (why !== undefined) throw new UnseenKeys(config.hostName, why);
  };
  try {
    return await connectSsh({ ...options, beforePassword });
  } catch (error) {
    if (context.signal.aborted) throw new CancelledError();
    if (error instanceof NeedsSystemSsh) {
      await allowCommands(error.commands, { ...permission, refusal: error });
      return connectSystemSsh({ ...options, system, ssh, why: error.why, allow });
    }
    const why = error instanceof UnseenKeys ? error.why : await whySystem(error, { target, environment, ssh });
    if (why === undefined) throw error;
    const session = await connectSystemSsh({ ...options, system, ssh, why, allow });
    system.memory.keepReason(name, why);
    return session;
  }
}

/**
 * Looked at before anything is dialled: what ssh_config wishes that the built-in client would pass over, and certificates. It
 * would ask about a key that one vouches for.
 */
async function beyondBuiltIn(options: ConnectSshOptions): Promise<string | undefined> {
  try {
    const { hops, goal } = await planRoute(options);
    const way = [...hops, goal];
    const wish = way.find(({ systemOnly }) => systemOnly !== undefined)?.systemOnly;
    return wish === undefined ? await certificateReason(way) : `${wish} in ssh_config`;
  } catch {
    // What is wrong with the config is said by the climb, on its rung.
    return undefined;
  }
}

interface Permission {
  readonly options: ConnectSshOptions;
  readonly memory: SystemSsh["memory"];
  /** What is thrown when nobody can be asked. */
  readonly refusal?: ConnectError;
}

/** Once for each host and command: a person sees the whole of what runs here; nobody asked, nothing runs. */
async function allowCommands(
  commands: NeedsSystemSsh["commands"],
  { options, memory, refusal }: Permission,
): Promise<void> {
  const { target, prompts, context } = options;
  const host = formatSshTarget(target);
  for (const { command, savedIn } of commands) {
    if (memory.isAllowed(host, command)) continue;
    if (prompts.proxyCommand === undefined || !context.interactive)
      throw refusal ?? configFault(savedIn, "connecting runs a command on this computer, which a person has to allow");
    const question = { host: target.host, command: printable(command, Infinity), savedIn };
    const answer = await prompts.proxyCommand(question, context.signal);
    if (answer !== "run" || context.signal.aborted) throw new CancelledError();
    memory.allow(host, command);
  }
}
