import type { Translate } from "../../protocol/l10n/translate.ts";
import type { CredentialStore } from "../connection/credential-store.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { type GatewayProfile, type GatewayTarget, targetKey, targetLabel } from "../connection/profile.ts";
import type { ProfileStore } from "../connection/profile-store.ts";
import type { ProofStore } from "../connection/roads/proof-store.ts";
import { plainLabel } from "../ui/plain-text.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";
import { targetIcon } from "./connect-choices.ts";
import { dropSecrets } from "./ways.ts";

export interface ManagePorts {
  readonly prompts: Prompts;
  readonly profiles: Pick<ProfileStore, "list" | "change" | "forget">;
  readonly credentials: Pick<CredentialStore, "forget">;
  readonly proofs: Pick<ProofStore, "forget">;
  readonly link: Pick<GatewayLink, "viewOf">;
  readonly connect: (profile: GatewayProfile) => Promise<unknown>;
  /** Leaves one Gateway, by target key. */
  readonly disconnect: (gateway: string) => Promise<unknown>;
  readonly edgeHeaders: (target: GatewayTarget) => Promise<boolean>;
  /** What else runs on the host of a Gateway over SSH. */
  readonly onHost: (profile: GatewayProfile) => Promise<unknown>;
  readonly addWay: (profile: GatewayProfile) => Promise<unknown>;
  readonly manageWays: (profile: GatewayProfile) => Promise<unknown>;
  readonly t: Translate;
}

/** `OpenClaw: Manage Gateways`: connect, disconnect, its ways, its host, rename, forget. */
export async function manageGateways(ports: ManagePorts): Promise<void> {
  const { prompts, t } = ports;
  const saved = ports.profiles.list();
  if (saved.length === 0) {
    await prompts.inform(t("extension.manage.none"));
    return;
  }
  for (;;) {
    const profile = await prompts.pick<GatewayProfile>({
      title: t("extension.manage.title"),
      placeholder: t("extension.manage.which"),
      items: saved.map((gateway) => ({
        label: `$(${targetIcon(gateway)}) ${plainLabel(gateway.name)}`,
        description: [plainLabel(targetLabel(gateway.target)), ...stateOf(gateway, ports)].join(" · "),
        value: gateway,
      })),
    });
    if (profile === undefined || profile === BACK) return;
    const action = await prompts.pick({
      title: profile.name,
      placeholder: targetLabel(profile.target),
      canGoBack: true,
      items: [
        { label: `$(plug) ${t("extension.manage.connect")}`, value: "connect" as const },
        ...(ports.link.viewOf(targetKey(profile.target)) === undefined
          ? []
          : [
              { label: `$(debug-disconnect) ${t("extension.manage.disconnect")}`, value: "disconnect" as const },
              { label: `$(debug-disconnect) ${t("extension.manage.disconnectAll")}`, value: "disconnectAll" as const },
            ]),
        ...(profile.target.kind === "url" && profile.target.edgeHeaders !== undefined
          ? [{ label: `$(key) ${t("extension.manage.edge")}`, value: "edge" as const }]
          : []),
        { label: `$(add) ${t("extension.ways.add")}`, value: "addWay" as const },
        ...(profile.roads === undefined
          ? []
          : [{ label: `$(list-tree) ${t("extension.ways.other")}`, value: "ways" as const }]),
        ...(profile.target.kind === "ssh"
          ? [{ label: `$(server-environment) ${t("extension.manage.onHost")}`, value: "onHost" as const }]
          : []),
        { label: `$(edit) ${t("extension.manage.rename")}`, value: "rename" as const },
        { label: `$(trash) ${t("extension.manage.forget")}`, value: "forget" as const },
      ],
    });
    if (action === undefined) return;
    if (action === BACK) continue;
    const actions = {
      connect: ports.connect,
      disconnect: leaveGateway,
      disconnectAll: async () => {
        for (const gateway of saved) await leaveGateway(gateway, ports);
      },
      edge: ({ target }: GatewayProfile) => ports.edgeHeaders(target),
      addWay: ports.addWay,
      onHost: ports.onHost,
      ways: ports.manageWays,
      rename: renameGateway,
      forget: forgetGateway,
    };
    await actions[action](profile, ports);
    return;
  }
}

function stateOf({ target }: GatewayProfile, { link, t }: ManagePorts): readonly string[] {
  const phase = link.viewOf(targetKey(target))?.state.phase;
  return phase === undefined ? [] : [t(`extension.phase.${phase}`)];
}

async function leaveGateway({ target }: GatewayProfile, { link, disconnect }: ManagePorts): Promise<void> {
  const key = targetKey(target);
  if (link.viewOf(key) !== undefined) await disconnect(key);
}

async function renameGateway(profile: GatewayProfile, { prompts, profiles, t }: ManagePorts): Promise<void> {
  const name = await prompts.input({
    title: t("extension.manage.renameTitle", { name: profile.name }),
    prompt: t("extension.manage.renamePrompt"),
    value: profile.name,
    validate: (text) => (text.trim() === "" ? t("extension.manage.nameEmpty") : undefined),
  });
  if (name !== undefined && name !== BACK) await profiles.change({ ...profile, name: name.trim() });
}

async function forgetGateway(profile: GatewayProfile, ports: ManagePorts): Promise<void> {
  const { prompts, t } = ports;
  const { name } = profile;
  const answer = await prompts.confirm({
    message: t("extension.manage.forgetMessage", { name }),
    detail: t("extension.manage.forgetDetail"),
    choices: [{ value: "forget", label: t("extension.manage.forget") }],
  });
  if (answer !== "forget") return;
  await leaveGateway(profile, ports);
  await ports.profiles.forget(profile.target);
  await ports.proofs.forget(profile.target);
  for (const target of [profile.target, ...(profile.roads ?? [])]) await dropSecrets(target, ports);
}
