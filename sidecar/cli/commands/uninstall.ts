import { uninstallService } from "../../service/install.ts";
import { installedService, supervisorOf } from "../../service/supervised.ts";
import type { CommandResult } from "../command.ts";
import type { ParsedArguments } from "../flags.ts";
import { readLifeWish } from "../life-options.ts";

/** `uninstall`: stops the service and removes it; what the sidecar has stored stays. */
export async function uninstall(args: ParsedArguments): Promise<CommandResult> {
  const { stateDir } = readLifeWish(args);
  const service = installedService(stateDir);
  if (service === undefined) {
    const { kind, unit } = supervisorOf(stateDir);
    return {
      payload: { ok: true, removed: false, kind, unit },
      lines: () => [`No ${kind} service ${unit} is installed.`],
    };
  }
  const { kind, unit, path } = service;
  await uninstallService(service);
  return {
    payload: { ok: true, removed: true, kind, unit, path },
    lines: () => [`The ${kind} service ${unit} is stopped and removed; ${stateDir} is kept.`],
  };
}
