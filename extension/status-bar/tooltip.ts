import { clip } from "../chat/clip.ts";
import { asObject } from "../../protocol/gateway/json.ts";
import { formatDuration } from "../../protocol/health/summary.ts";
import type { TextKey, Translate } from "../../protocol/l10n/translate.ts";
import { type CommandId, commandName } from "../commands/ids.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { factValues } from "../ui/fact-values.ts";
import { percentile, sparkline } from "./sparkline.ts";

/** Commands that a link of the tooltip may run, with the words of the link. */
const LINKS = {
  openChat: "extension.link.openChat",
  health: "extension.link.health",
  doctor: "extension.link.doctor",
  showLog: "extension.link.showLog",
  retry: "extension.link.retry",
  connectRemote: "extension.link.connectRemote",
} as const satisfies Partial<Record<CommandId, TextKey>>;

/** The connection, the port of this computer that leads through it, when one is open, and the Gateways behind it. */
export type TooltipView = LinkView & {
  readonly localPort?: number | undefined;
  readonly others?: readonly LinkView[];
};

/** Characters of one value. */
const MOST_TEXT = 800;

/** Characters of the name of a Gateway behind. */
const MOST_NAME = 60;

/** The commands that the `MarkdownString` of the tooltip trusts. */
export const TOOLTIP_COMMANDS: readonly string[] = Object.keys(LINKS).map((id) => `openclaw.${id}`);

/**
 * Pure: the tooltip as markdown with an HTML table (VS Code's markdown has no table without a head row). Every value is
 * escaped: names, paths and versions come from people and from Gateways.
 */
export function tooltipMarkdown(view: TooltipView, now: number, t: Translate): string {
  const others = (view.others ?? []).map((other) => otherRow(other, t));
  const front = frontMarkdown(view, now, t);
  return others.length === 0 ? front : `${front}\n\n${table(others)}`;
}

function otherRow({ profile, state }: LinkView, t: Translate): Row {
  const phase = t(`extension.phase.${state.phase}`);
  const why =
    state.phase === "failed" || state.phase === "waiting"
      ? `: ${t(`error.${state.failure.code}.title`, factValues(state.failure))}`
      : "";
  return [clip(profile?.name ?? "", MOST_NAME), escapeHtml(`${phase}${why}`)];
}

function frontMarkdown(view: TooltipView, now: number, t: Translate): string {
  const { state } = view;
  const name = `**${escapeMarkdown(view.profile?.name ?? t("extension.product"))}**`;
  switch (state.phase) {
    case "disconnected":
      return `${t("extension.status.disconnected")}\n\n${links(["connectRemote", "showLog"], t)}`;
    case "connecting":
      return `${name} ${escapeMarkdown(t("extension.tooltip.connecting"))}\n\n${table(pathRow(view, t))}\n\n${links(["openChat", "showLog"], t)}`;
    case "connected": {
      const since = formatDuration(now - (view.connectedAt ?? now));
      const rows = [
        ...pathRow(view, t),
        ...wayRows(view, t),
        ...localPortRow(view, t),
        ...roundTripRow(view, t),
        ...gatewayRow(view, now, t),
        ...countRows(view, t),
      ];
      return `${name} ${escapeMarkdown(t("extension.tooltip.connectedFor", { since }))}\n\n${table(rows)}\n\n${links(["openChat", "health", "doctor", "showLog"], t)}`;
    }
    case "waiting":
    case "failed": {
      const values = factValues(state.failure);
      const title = escapeMarkdown(t(`error.${state.failure.code}.title`, values));
      const why = escapeMarkdown(t(`error.${state.failure.code}.why`, values));
      return `${name} ${title}\n\n${why}\n\n${table([...pathRow(view, t), ...wayRows(view, t)])}\n\n${links(["retry", "openChat", "doctor", "showLog"], t)}`;
    }
  }
}

type Row = readonly [label: string, value: string];

function pathRow({ path }: LinkView, t: Translate): readonly Row[] {
  return path === undefined ? [] : [[t("extension.tooltip.path"), `<code>${escapeHtml(path)}</code>`]];
}

/** The ways that are not taken, and why. */
function wayRows({ ways }: LinkView, t: Translate): readonly Row[] {
  return ways
    .filter(({ state }) => state !== "active")
    .map(({ path, state, failure }) => {
      const word = t(`extension.ways.state.${state}`);
      const why = failure === undefined ? "" : `: ${t(`error.${failure.code}.title`, factValues(failure))}`;
      return [t("extension.tooltip.way"), `<code>${escapeHtml(path)}</code> ${escapeHtml(word + why)}`] as const;
    });
}

function localPortRow({ localPort }: TooltipView, t: Translate): readonly Row[] {
  return localPort === undefined ? [] : [[t("extension.tooltip.localPort"), `<code>127.0.0.1:${localPort}</code>`]];
}

function roundTripRow({ state, latency }: LinkView, t: Translate): readonly Row[] {
  if (state.phase !== "connected" || state.roundTripMs === undefined) return [];
  const p95 = percentile(latency, 0.95);
  const now = `${Math.round(state.roundTripMs)} ms`;
  const tail = p95 === undefined ? now : `${now}, p95 ${Math.round(p95)}`;
  return [[t("extension.tooltip.roundTrip"), `${sparkline(latency)} ${tail}`]];
}

function gatewayRow({ state, connectedAt }: LinkView, now: number, t: Translate): readonly Row[] {
  if (state.phase !== "connected") return [];
  const uptime = formatDuration(state.server.uptimeMs + (now - (connectedAt ?? now)));
  const value = t("extension.tooltip.versionUptime", { version: state.server.version, uptime });
  return [[t("extension.tooltip.gateway"), escapeHtml(value)]];
}

function countRows({ health }: LinkView, t: Translate): readonly Row[] {
  const channels = Object.values(asObject(asObject(health)["channels"]));
  if (channels.length === 0) return [];
  return [[t("extension.tooltip.channels"), String(channels.length)]];
}

function table(rows: readonly Row[]): string {
  // A label that breaks would make its row two lines high.
  const head = (label: string): string => `${escapeHtml(label).replaceAll(" ", "&nbsp;")}&nbsp;&nbsp;`;
  const cells = rows.map(([label, value]) => `<tr><td>${head(label)}</td><td>${value}</td></tr>`);
  return cells.length === 0 ? "" : `<table>${cells.join("")}</table>`;
}

function links(ids: readonly (keyof typeof LINKS)[], t: Translate): string {
  return ids.map((id) => `[${t(LINKS[id])}](command:${commandName(id)})`).join("&nbsp;&nbsp;&nbsp;");
}

function escapeHtml(text: string): string {
  // A line break would end the table, and what follows it would be markdown.
  return clip(text, MOST_TEXT).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Nothing of the text becomes markup: neither markdown nor HTML. */
function escapeMarkdown(text: string): string {
  return escapeHtml(clip(text, MOST_TEXT / 2).replace(/[\\`*_{}[\]()#+\-.!|~$]/g, String.raw`\$&`));
}
