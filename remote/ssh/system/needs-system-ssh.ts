import { ConnectError } from "../../../protocol/errors/connect-error.ts";
import { configFault } from "../config/config-fault.ts";

export interface SystemOnly {
  /** Of `Match exec`. */
  readonly commands: readonly { readonly command: string; readonly savedIn: string }[];
  /** The first criterion of a Match that only the system's ssh knows: `exec`, `localnetwork`. */
  readonly criterion: { readonly name: string; readonly savedIn: string };
}

/** SSH_CONFIG_INVALID, because only the system's ssh can tell which lines of the config apply. */
export class NeedsSystemSsh extends ConnectError {
  readonly commands: SystemOnly["commands"];
  /** For the ladder. */
  readonly why: string;

  constructor({ commands, criterion: { name, savedIn } }: SystemOnly) {
    const what =
      name === "exec" ? "runs a command, which only the system's ssh does" : "is known to the system's ssh only";
    const fault = configFault(
      savedIn,
      `Match ${name} ${what}; choose it (openclaw.sshClient, --ssh-client system), or move these lines out of the Match block`,
    );
    super(fault.code, fault.message, { step: "resolve", facts: fault.facts });
    this.commands = commands;
    this.why = `Match ${name} in ssh_config`;
  }
}
