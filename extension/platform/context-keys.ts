import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import type { ProfileStore } from "../connection/profile-store.ts";

/** Keeps `openclaw.phase` and `openclaw.hasGateways` true, for the `when` clauses of package.json. */
export function keepContextKeys(
  link: Pick<GatewayLink, "view" | "onChange">,
  profiles: Pick<ProfileStore, "list">,
): Disposable {
  const scope = new DisposableStore();
  let shown = "";
  const set = () => {
    const { phase } = link.view.state;
    const hasGateways = profiles.list().length > 0;
    if (shown === `${phase}/${hasGateways}`) return;
    shown = `${phase}/${hasGateways}`;
    void vscode.commands.executeCommand("setContext", "openclaw.phase", phase);
    void vscode.commands.executeCommand("setContext", "openclaw.hasGateways", hasGateways);
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
