import type { GatewaySession } from "../../protocol/client/gateway-session.ts";
import type { CommandResult, RunCommand } from "./command.ts";
import { type ConnectionWish, readConnectionWish } from "./connection-options.ts";
import type { ParsedArguments } from "./flags.ts";
import { withGateway } from "./session.ts";
import { type Target, resolveTarget } from "./target.ts";

/** What a command that talks to a Gateway gets. */
export interface GatewayCommandInput {
  readonly session: GatewaySession;
  readonly target: Target;
  readonly wish: ConnectionWish;
  readonly args: ParsedArguments;
}

export interface GatewayCommandPlan {
  /** Runs before anything is opened, to refuse bad arguments at once. */
  readonly check?: (args: ParsedArguments) => void;
  readonly run: (input: GatewayCommandInput) => Promise<CommandResult>;
}

/** Makes a command out of what it does with an open session. */
export function onGateway({ check, run }: GatewayCommandPlan): RunCommand {
  return async (args) => {
    const wish = readConnectionWish(args);
    check?.(args);
    const target = await resolveTarget(wish, process.env);
    return withGateway(target, wish, (session) => run({ session, target, wish, args }));
  };
}
