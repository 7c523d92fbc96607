import { ConnectError } from "../../protocol/errors/connect-error.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import { toDisposable } from "../../protocol/util/disposable.ts";
import type { Beacon } from "../../remote/discovery/beacons.ts";
import type { TailnetPeer } from "../../remote/discovery/tailnet-peers.ts";
import { parseGatewayUrl } from "../../remote/target/gateway-url.ts";
import { formatSshTarget, parseSshTarget } from "../../remote/target/ssh-target.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import type { GatewayProfile } from "../connection/profile.ts";
import type { SshHost } from "../connection/ssh-hosts.ts";
import type { WindowHost } from "../connection/window-host.ts";
import type { ProfileStore } from "../connection/profile-store.ts";
import { BACK, type Back, type Prompts } from "../ui/prompts.ts";
import { factValues } from "../ui/fact-values.ts";
import { connectChoices } from "./connect-choices.ts";

export interface ChooseGatewayPorts {
  readonly prompts: Prompts;
  /** Default: that of Connect Remote. */
  readonly title?: string;
  readonly profiles: Pick<ProfileStore, "list">;
  readonly sshHosts: () => Promise<readonly SshHost[]>;
  /** The computers of the tailnet, for as long as the list is open. */
  readonly tailnet: (signal: AbortSignal) => Promise<readonly Pick<TailnetPeer, "name" | "os">[]>;
  /** Whether a Gateway answers at `https://` of this host. */
  readonly serves?: (host: string, signal: AbortSignal) => Promise<boolean>;
  /** The Gateways that announce themselves in the network, for as long as the list is open. */
  readonly nearby?: (signal: AbortSignal) => Promise<readonly Beacon[]>;
  readonly windowHost?: () => Promise<WindowHost | undefined>;
  readonly view: () => LinkView;
  readonly others?: () => readonly LinkView[];
  readonly t: Translate;
}

/** The quick pick of `OpenClaw: Connect Remote`: where, then the address if it is a new one. `undefined`: cancelled. */
export async function chooseGateway(ports: ChooseGatewayPorts): Promise<GatewayProfile | undefined> {
  const looking = new AbortController();
  try {
    return await choose(ports, looking.signal);
  } finally {
    looking.abort();
  }
}

async function choose(ports: ChooseGatewayPorts, signal: AbortSignal): Promise<GatewayProfile | undefined> {
  const { prompts, t } = ports;
  let peers: readonly Pick<TailnetPeer, "name" | "os">[] = [];
  let nearby: readonly Beacon[] = [];
  // They only suggest: the list is whole without them.
  const looking = [
    ports.tailnet(signal).then((found) => void (peers = found)),
    ports.nearby?.(signal).then((found) => void (nearby = found)),
  ].map((looked) => looked?.catch(() => undefined));
  const sshHosts = await ports.sshHosts();
  // The list is whole without it, too.
  const windowHost = (await ports.windowHost?.().catch(() => undefined))?.id;
  const choices = () => {
    const saved = ports.profiles.list();
    return connectChoices(
      { saved, sshHosts, peers, nearby, windowHost, view: ports.view(), others: ports.others?.() ?? [] },
      t,
    );
  };
  for (;;) {
    const choice = await prompts.pick({
      title: ports.title ?? t("extension.connect.title"),
      placeholder: t("extension.connect.where"),
      items: choices(),
      live: (show) => {
        let isOpen = true;
        for (const looked of looking)
          void looked?.then(() => isOpen && peers.length + nearby.length > 0 && show(choices()));
        return toDisposable(() => (isOpen = false));
      },
    });
    if (choice === undefined || choice === BACK) return undefined;
    switch (choice.kind) {
      case "saved":
        return choice.profile;
      case "ssh-host":
        return { name: choice.alias, target: { kind: "ssh", destination: choice.alias } };
      case "window":
        return { name: nameOfWindow(choice.id), target: { kind: "window", window: choice.id } };
      case "local":
        return { name: t("extension.connect.local"), target: { kind: "local" } };
      case "tailnet":
      case "nearby": {
        const profile =
          choice.kind === "tailnet" ? await askPeerWay(choice.name, ports) : await askBeaconWay(choice.beacon, ports);
        if (profile !== BACK) return profile;
        break;
      }
      case "new-ssh":
      case "new-url": {
        const profile = await (choice.kind === "new-ssh" ? askSshTarget : askUrl)(ports, { canGoBack: true });
        if (profile !== BACK) return profile;
      }
    }
  }
}

/** `home` of `ssh-remote+home` and of `home/1f…`. */
function nameOfWindow(id: string): string {
  return id.split("/")[0]?.replace(/^[^+]*\+(?=.)/, "") ?? id;
}

/** SSH to a computer of the tailnet, or what Tailscale Serve shows of it, which is tried while the question stands there. */
async function askPeerWay(
  name: string,
  ports: AskPorts & Pick<ChooseGatewayPorts, "serves">,
): Promise<GatewayProfile | Back | undefined> {
  const { prompts, serves, t } = ports;
  const { href } = parseGatewayUrl(`wss://${name}`);
  const items = (found?: boolean) => [
    { label: "$(terminal) SSH", description: `user@${name}`, value: "ssh" as const },
    {
      label: "$(link) Tailscale Serve",
      description: href + (found === undefined ? "" : ` · ${t(`extension.connect.serve.${found}`)}`),
      value: "serve" as const,
    },
  ];
  const way = await prompts.pick({
    title: name,
    placeholder: t("extension.connect.peerWay"),
    canGoBack: true,
    items: items(),
    live: (show) => {
      const closed = new AbortController();
      void serves?.(name, closed.signal).then((found) => closed.signal.aborted || show(items(found)));
      return toDisposable(() => closed.abort());
    },
  });
  if (way === undefined || way === BACK) return way;
  if (way === "serve") return { name, target: { kind: "url", url: href } };
  return askSshTarget(ports, { canGoBack: true, value: name });
}

/** SSH to a Gateway of the network, or its own TLS. Whom it is, its host key or its certificate says, and no beacon. */
async function askBeaconWay(
  { name, host, port, isTls }: Beacon,
  ports: AskPorts,
): Promise<GatewayProfile | Back | undefined> {
  if (!isTls) return askSshTarget(ports, { canGoBack: true, value: host });
  const { prompts, t } = ports;
  const { href } = parseGatewayUrl(`wss://${host}:${port}`);
  const way = await prompts.pick({
    title: name,
    placeholder: t("extension.connect.peerWay"),
    canGoBack: true,
    items: [
      { label: "$(terminal) SSH", description: `user@${host}`, value: "ssh" as const },
      { label: "$(link) WebSocket", description: href, value: "url" as const },
    ],
  });
  if (way === undefined || way === BACK) return way;
  if (way === "url") return { name: host, target: { kind: "url", url: href } };
  return askSshTarget(ports, { canGoBack: true, value: host });
}

interface AskOptions {
  readonly canGoBack: boolean;
  /** What stands there to begin with. */
  readonly value?: string;
}

type AskPorts = Pick<ChooseGatewayPorts, "prompts" | "t">;

/** Asks for `user@host:port`; only what can be read is taken. */
export async function askSshTarget(
  { prompts, t }: AskPorts,
  options: AskOptions,
): Promise<GatewayProfile | Back | undefined> {
  const text = await prompts.input({
    title: t("extension.connect.sshTitle"),
    prompt: t("extension.connect.sshPrompt"),
    placeholder: "alice@home.example:22",
    ...options,
    validate: (typed) => faultOf(() => parseSshTarget(typed), t),
  });
  if (text === undefined || text === BACK) return text;
  const target = parseSshTarget(text);
  return { name: target.host, target: { kind: "ssh", destination: formatSshTarget(target) } };
}

/** Asks for a `ws://` or `wss://` URL; only what may be connected to is taken. */
export async function askUrl(
  { prompts, t }: AskPorts,
  options: AskOptions,
): Promise<GatewayProfile | Back | undefined> {
  const text = await prompts.input({
    title: t("extension.connect.urlTitle"),
    prompt: t("extension.connect.urlPrompt"),
    placeholder: "wss://home.example",
    ...options,
    validate: (typed) => faultOf(() => parseGatewayUrl(typed), t),
  });
  if (text === undefined || text === BACK) return text;
  const { host, href } = parseGatewayUrl(text);
  return { name: host, target: { kind: "url", url: href } };
}

/** What a parser says about a text, in the person's language. */
function faultOf(parse: () => unknown, t: Translate): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    return t(`error.${error.code}.why`, factValues(error));
  }
}
