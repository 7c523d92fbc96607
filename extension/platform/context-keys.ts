import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import type { ProfileStore } from "../connection/profile-store.ts";

/** Keeps `openclaw.phase`, `openclaw.hasGateways` and `openclaw.canApprove` true, for the `when` clauses of package.json. */
export function keepContextKeys(
  link: Pick<GatewayLink, "view" | "onChange">,
  profiles: Pick<ProfileStore, "list">,
): Disposable {
  const scope = new DisposableStore();
  let shown = "";
  const set = () => {
    const { state, approval } = link.view;
    const values = {
      phase: state.phase,
      hasGateways: profiles.list().length > 0,
      canApprove: approval?.approve !== undefined,
    };
    if (shown === JSON.stringify(values)) return;
    shown = JSON.stringify(values);
    for (const [name, value] of Object.entries(values))
      void vscode.commands.executeCommand("setContext", `openclaw.${name}`, value);
  };
  scope.add(link.onChange(set));
  scope.add(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("openclaw.gateways")) set();
    }),
  );
  set();
  return scope;
}
