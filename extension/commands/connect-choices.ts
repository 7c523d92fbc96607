import type { Translate } from "../../protocol/l10n/translate.ts";
import type { Beacon } from "../../remote/discovery/beacons.ts";
import type { TailnetPeer } from "../../remote/discovery/tailnet-peers.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { type GatewayProfile, targetKey, targetLabel } from "../connection/profile.ts";
import type { SavedGateway } from "../connection/profile-store.ts";
import type { SshHost } from "../connection/ssh-hosts.ts";
import { plainLabel } from "../ui/plain-text.ts";
import type { PickItem, PickSeparator } from "../ui/prompts.ts";

/** What a person may answer to "Where?". */
export type ConnectChoice =
  | { readonly kind: "saved"; readonly profile: GatewayProfile }
  | { readonly kind: "ssh-host"; readonly alias: string }
  | { readonly kind: "nearby"; readonly beacon: Beacon }
  | { readonly kind: "tailnet"; readonly name: string }
  | { readonly kind: "window"; readonly id: string }
  | { readonly kind: "new-ssh" }
  | { readonly kind: "new-url" }
  | { readonly kind: "local" };

/** Pure: the list of "Where?", saved Gateways first, the last used one on top. */
export function connectChoices(
  known: {
    readonly saved: readonly SavedGateway[];
    readonly sshHosts: readonly SshHost[];
    readonly peers?: readonly Pick<TailnetPeer, "name" | "os">[];
    /** What Gateways of the network have said about themselves. */
    readonly nearby?: readonly Beacon[];
    /** Which host this window is on, when it is on one. */
    readonly windowHost?: string | undefined;
    readonly view: LinkView;
    /** The Gateways behind the one in front. */
    readonly others?: readonly LinkView[];
  },
  t: Translate,
): readonly (PickItem<ConnectChoice> | PickSeparator)[] {
  const { saved, sshHosts, peers = [], nearby = [], windowHost, view, others = [] } = known;
  const taken = new Set(saved.flatMap(({ target }) => (target.kind === "ssh" ? [target.destination] : [])));
  const hosts = sshHosts.filter(({ alias }) => !taken.has(alias));
  const items: (PickItem<ConnectChoice> | PickSeparator)[] = [];
  if (saved.length > 0) items.push({ separator: t("extension.connect.saved") });
  for (const profile of saved) {
    items.push({
      label: `$(${targetIcon(profile)}) ${plainLabel(profile.name)}`,
      description: [plainLabel(savedPlace(profile)), liveState(profile, [view, ...others], t)]
        .filter((part) => part !== "")
        .join(" · "),
      value: { kind: "saved", profile },
    });
  }
  if (hosts.length > 0) items.push({ separator: "~/.ssh/config" });
  for (const { alias, forwards } of hosts) {
    const description = plainLabel(forwards.map((forward) => `LocalForward ${forward}`).join(", "));
    items.push({
      label: `$(server) ${plainLabel(alias)}`,
      ...(description === "" ? {} : { description }),
      value: { kind: "ssh-host", alias },
    });
  }
  const unsaved = nearby.filter(({ host }) => !saved.some(({ target }) => targetLabel(target).includes(host)));
  if (unsaved.length > 0) items.push({ separator: t("extension.connect.nearby") });
  for (const beacon of unsaved) {
    const value = { kind: "nearby", beacon } as const;
    items.push({ label: `$(broadcast) ${plainLabel(beacon.name)}`, description: beacon.host, value });
  }
  const news = peers.filter(({ name }) => !saved.some(({ target }) => targetLabel(target).includes(name)));
  if (news.length > 0) items.push({ separator: t("extension.connect.tailnet") });
  for (const { name, os } of news) {
    const value = { kind: "tailnet", name } as const;
    items.push({ label: `$(globe) ${plainLabel(name)}`, description: plainLabel(os), value });
  }
  items.push({ separator: t("extension.connect.elsewhere") });
  if (windowHost !== undefined && !saved.some(({ target }) => target.kind === "window" && target.window === windowHost))
    items.push({
      label: `$(remote) ${t("extension.connect.window")}`,
      description: plainLabel(windowHost),
      value: { kind: "window", id: windowHost },
    });
  items.push(
    {
      label: `$(terminal) ${t("extension.connect.newSsh")}`,
      description: "user@host:port",
      value: { kind: "new-ssh" },
    },
    { label: `$(link) ${t("extension.connect.newUrl")}`, description: "wss://…", value: { kind: "new-url" } },
  );
  if (!saved.some(({ target }) => target.kind === "local")) {
    const detail = t("extension.connect.localDetail");
    items.push({
      label: `$(device-desktop) ${t("extension.connect.local")}`,
      description: detail,
      value: { kind: "local" },
    });
  }
  return items;
}

export function targetIcon({
  target,
}: Pick<GatewayProfile, "target">): "server" | "link" | "remote" | "device-desktop" {
  switch (target.kind) {
    case "ssh":
      return "server";
    case "url":
      return "link";
    case "window":
      return "remote";
    case "local":
      return "device-desktop";
  }
}

/** Where it is, unless its name says so already. */
function savedPlace({ name, target }: GatewayProfile): string {
  const label = targetLabel(target);
  return label === name ? "" : label;
}

function liveState({ target }: GatewayProfile, views: readonly LinkView[], t: Translate): string {
  const own = views.find(({ profile }) => profile !== undefined && targetKey(profile.target) === targetKey(target));
  return own === undefined ? "" : phaseWord(own, t);
}

/** The state of the connection in one or two words. */
function phaseWord({ state }: LinkView, t: Translate): string {
  return t(`extension.phase.${state.phase}`);
}
