import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { configFault } from "../config/config-fault.ts";

/** SSH_CONFIG_INVALID, because only the system's ssh runs the commands of `Match exec`. */
export class NeedsSystemSsh extends ConnectError {
  readonly commands: readonly { readonly command: string; readonly savedIn: string }[];

  constructor(commands: NeedsSystemSsh["commands"]) {
    const fault = configFault(
      commands[0]?.savedIn ?? "ssh_config",
      "Match exec runs a command, which only the system's ssh does; choose it (openclaw.sshClient, --ssh-client system), or move these lines out of the Match block",
    );
    super(fault.code, fault.message, { step: "resolve", facts: fault.facts });
    this.commands = commands;
  }
}
