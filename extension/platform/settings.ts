import * as vscode from "vscode";
import type { Setting } from "./ports.ts";

/** One setting of the `openclaw` section, read from the user's own settings alone, whatever a workspace says. */
export function userSetting(name: "gateways" | "reconnectOnStartup" | "sshClient" | "discovery"): Setting {
  const section = () => vscode.workspace.getConfiguration("openclaw");
  return {
    read: () => {
      const found = section().inspect<unknown>(name);
      return found?.globalValue ?? found?.defaultValue;
    },
    write: (value) => section().update(name, value, vscode.ConfigurationTarget.Global),
  };
}
