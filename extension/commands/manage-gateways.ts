import type { Translate } from "../../protocol/l10n/translate.ts";
import type { CredentialStore } from "../connection/credential-store.ts";
import type { GatewayLink } from "../connection/gateway-link.ts";
import { type GatewayProfile, targetKey, targetLabel } from "../connection/profile.ts";
import type { ProfileStore } from "../connection/profile-store.ts";
import { plainLabel } from "../ui/plain-text.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";
import { targetIcon } from "./connect-choices.ts";

export interface ManagePorts {
  readonly prompts: Prompts;
  readonly profiles: Pick<ProfileStore, "list" | "rename" | "forget">;
  readonly credentials: Pick<CredentialStore, "forget">;
  readonly link: Pick<GatewayLink, "view">;
  readonly connect: (profile: GatewayProfile) => Promise<unknown>;
  readonly disconnect: () => Promise<unknown>;
  readonly t: Translate;
}

/** `OpenClaw: Manage Gateways`: connect, rename, forget. */
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
        description: plainLabel(targetLabel(gateway.target)),
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
        { label: `$(edit) ${t("extension.manage.rename")}`, value: "rename" as const },
        { label: `$(trash) ${t("extension.manage.forget")}`, value: "forget" as const },
      ],
    });
    if (action === undefined) return;
    if (action === BACK) continue;
    await { connect: ports.connect, rename: renameGateway, forget: forgetGateway }[action](profile, ports);
    return;
  }
}

async function renameGateway(profile: GatewayProfile, { prompts, profiles, t }: ManagePorts): Promise<void> {
  const name = await prompts.input({
    title: t("extension.manage.renameTitle", { name: profile.name }),
    prompt: t("extension.manage.renamePrompt"),
    value: profile.name,
    validate: (text) => (text.trim() === "" ? t("extension.manage.nameEmpty") : undefined),
  });
  if (name !== undefined && name !== BACK) await profiles.rename(profile.target, name.trim());
}

async function forgetGateway(profile: GatewayProfile, ports: ManagePorts): Promise<void> {
  const { prompts, t, link } = ports;
  const { name } = profile;
  const answer = await prompts.confirm({
    message: t("extension.manage.forgetMessage", { name }),
    detail: t("extension.manage.forgetDetail"),
    choices: [{ value: "forget", label: t("extension.manage.forget") }],
  });
  if (answer !== "forget") return;
  const current = link.view.profile;
  if (current !== undefined && targetKey(current.target) === targetKey(profile.target)) await ports.disconnect();
  await ports.profiles.forget(profile.target);
  await ports.credentials.forget(profile.target);
}
