import * as vscode from "vscode";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { type Disposable, DisposableStore } from "../../protocol/util/disposable.ts";
import { commandName } from "../commands/ids.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import type { Tunnel } from "../tunnel/tunnel.ts";
import { statusText } from "./status-text.ts";
import { TOOLTIP_COMMANDS, tooltipMarkdown } from "./tooltip.ts";

/** How often a countdown and the times of the tooltip are brought up to date, milliseconds. */
const TICK_MS = 1_000;

const BACKGROUNDS = {
  normal: undefined,
  warning: new vscode.ThemeColor("statusBarItem.warningBackground"),
  error: new vscode.ThemeColor("statusBarItem.errorBackground"),
} as const;

/** Keeps the status bar item true to the connection. It takes the item over from the entry. */
export function keepStatusItem(
  item: vscode.StatusBarItem,
  {
    link,
    tunnel,
  }: {
    readonly link: Pick<GatewayLink, "view" | "others" | "onChange" | "onLineChange">;
    readonly tunnel: Pick<Tunnel, "portInFront" | "onChange">;
  },
  t: Translate,
): Disposable {
  const scope = new DisposableStore();
  let tick: ReturnType<typeof setInterval> | undefined;
  const show = () => {
    const { others } = link;
    const view = { ...link.view, others };
    const now = Date.now();
    const { text, spoken, severity } = statusText(view, now, t);
    item.text = text;
    item.backgroundColor = BACKGROUNDS[severity];
    item.accessibilityInformation = { label: `OpenClaw: ${spoken}`, role: "button" };
    const tooltip = new vscode.MarkdownString(tooltipMarkdown({ ...view, localPort: tunnel.portInFront }, now, t));
    tooltip.supportHtml = true;
    tooltip.isTrusted = { enabledCommands: TOOLTIP_COMMANDS };
    item.tooltip = tooltip;
    const counts = view.state.phase === "waiting";
    if (counts) tick ??= setInterval(show, TICK_MS);
    else {
      clearInterval(tick);
      tick = undefined;
    }
  };
  item.command = commandName("showMenu");
  scope.add(link.onChange(show));
  scope.add(link.onLineChange(show));
  scope.add(tunnel.onChange(show));
  scope.add({ dispose: () => clearInterval(tick) });
  show();
  return scope;
}
