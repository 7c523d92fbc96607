import { randomUUID } from "node:crypto";
import type { GatewayCredential } from "../../protocol/client/credentials.ts";
import { ConnectError } from "../../protocol/errors/connect-error.ts";
import { LadderReporter } from "../../protocol/ladder/steps.ts";
import type { Translate } from "../../protocol/l10n/translate.ts";
import type { CredentialStore } from "../connection/credential-store.ts";
import type { GatewayLink, LinkView } from "../connection/gateway-link.ts";
import { type GatewayProfile, type GatewayTarget, isReachedAt, targetKey, targetLabel } from "../connection/profile.ts";
import type { ProfileStore } from "../connection/profile-store.ts";
import type { ProofStore } from "../connection/roads/proof-store.ts";
import type { Road } from "../connection/roads/road.ts";
import { canStandIn } from "../connection/roads/safety.ts";
import { assertSameGateway } from "../connection/roads/same-gateway.ts";
import { plainLabel } from "../ui/plain-text.ts";
import { BACK, type Prompts } from "../ui/prompts.ts";
import { targetIcon } from "./connect-choices.ts";

export interface WayPorts {
  readonly prompts: Prompts;
  readonly profiles: Pick<ProfileStore, "list" | "change">;
  readonly credentials: Pick<CredentialStore, "load" | "forget">;
  readonly proofs: Pick<ProofStore, "add" | "remove" | "has">;
  readonly link: Pick<GatewayLink, "viewOf" | "requestOf">;
  /** @returns whether it is connected now */
  readonly connect: (profile: GatewayProfile) => Promise<boolean>;
  /** The quick pick of Connect Remote, under this title. */
  readonly choose: (title: string) => Promise<GatewayProfile | undefined>;
  /** One road by itself, which asks for a credential as it is told here. */
  readonly openWay: (
    target: GatewayTarget,
    ask: (signal: AbortSignal) => Promise<GatewayCredential | undefined>,
  ) => Road;
  readonly askCredential: (name: string, signal: AbortSignal) => Promise<GatewayCredential | undefined>;
  /** @throws CancelledError */
  readonly progress: <T>(title: string, work: (signal: AbortSignal) => Promise<T>) => PromiseLike<T>;
  readonly t: Translate;
}

/**
 * `Manage Gateways`, `Add another way…`: climbs a new road with the person, and saves it once it has proved that it leads to the
 * same Gateway as the connection that is there.
 * @throws ConnectError GATEWAY_DIFFERENT and what a climb throws; CancelledError
 */
export async function addWay(profile: GatewayProfile, ports: WayPorts): Promise<void> {
  const { prompts, t } = ports;
  const { name } = profile;
  const chosen = await ports.choose(t("extension.ways.title", { name }));
  if (chosen === undefined) return;
  const { target } = chosen;
  const way = targetLabel(target);
  if (isReachedAt(profile, target)) return void (await prompts.inform(t("extension.ways.known", { name, way })));
  if (!canStandIn(target)) return void (await prompts.warn(t("extension.ways.unsafe", { way })));
  if (!(await provedWay(profile, target, ports))) return;
  const saved = ports.profiles.list().find((other) => targetKey(other.target) === targetKey(profile.target)) ?? profile;
  const whole = { name: saved.name, target: saved.target, roads: [...(saved.roads ?? []), target] };
  await ports.profiles.change(whole);
  await ports.connect(whole);
  await prompts.inform(t("extension.ways.added", { name, way }));
}

/** `Manage Gateways`, `Other ways…`: what is known of each, to prove it now or to take it out. */
export async function manageWays(profile: GatewayProfile, ports: WayPorts): Promise<void> {
  const { prompts, t } = ports;
  const { name, roads = [] } = profile;
  const target = await prompts.pick<GatewayTarget>({
    title: t("extension.ways.list", { name }),
    placeholder: t("extension.ways.which"),
    canGoBack: true,
    items: roads.map((road) => ({
      label: `$(${targetIcon({ target: road })}) ${plainLabel(targetLabel(road))}`,
      description: wayWord(profile, road, ports),
      value: road,
    })),
  });
  if (target === undefined || target === BACK) return;
  const isProven = ports.proofs.has(profile.target, target);
  const prove = { label: `$(verified) ${t("extension.ways.prove")}`, value: "prove" as const };
  const action = await prompts.pick({
    title: targetLabel(target),
    placeholder: name,
    canGoBack: true,
    items: [
      ...(isProven || !canStandIn(target) ? [] : [prove]),
      { label: `$(trash) ${t("extension.ways.remove")}`, value: "remove" as const },
    ],
  });
  if (action === "remove") await removeWay(profile, target, ports);
  if (action !== "prove" || !(await provedWay(profile, target, ports))) return;
  await ports.connect(profile);
  await prompts.inform(t("extension.ways.added", { name, way: targetLabel(target) }));
}

/** @returns false when the person left it */
async function provedWay(profile: GatewayProfile, target: GatewayTarget, ports: WayPorts): Promise<boolean> {
  const { link, progress, proofs, t } = ports;
  const gateway = targetKey(profile.target);
  const isOpen = link.viewOf(gateway)?.state.phase === "connected";
  if (!isOpen && !(await ports.connect(profile))) return false;
  const instanceId = randomUUID();
  const way = targetLabel(target);
  const road = ports.openWay(target, (signal) => credentialFor(profile, target, { ...ports, signal }));
  try {
    await progress(t("extension.ways.proving", { way }), async (signal) => {
      const ladder = new LadderReporter(() => undefined);
      const session = await road.climb({ signal, ladder, interactive: true }, instanceId);
      try {
        const known: Parameters<typeof assertSameGateway>[0] = {
          request: (method, params, options) => link.requestOf(gateway, { method, params, options }),
        };
        await assertSameGateway(known, { instanceId, path: road.path });
      } finally {
        session.close();
      }
    });
  } catch (error) {
    if (error instanceof ConnectError && error.code === "GATEWAY_DIFFERENT") await dropSecrets(target, ports);
    throw error;
  } finally {
    road.dispose();
  }
  await proofs.add(profile.target, target);
  return true;
}

/** What lets a person in over one way does so over the other, if they want it sent there. */
async function credentialFor(
  { name, target: main }: GatewayProfile,
  target: GatewayTarget,
  { prompts, credentials, askCredential, signal, t }: WayPorts & { readonly signal: AbortSignal },
): Promise<GatewayCredential | undefined> {
  const saved = await credentials.load(main);
  const way = targetLabel(target);
  if (saved === undefined) return askCredential(name, signal);
  const answer = await prompts.confirm({
    message: t("extension.ways.credential", { name, way }),
    detail: t("extension.ways.credentialDetail", { way }),
    choices: [
      { value: "saved", label: t("extension.ways.useSaved") },
      { value: "type", label: t("extension.ways.typeOther") },
    ],
  });
  if (answer === "type") return askCredential(name, signal);
  return answer === "saved" ? saved : undefined;
}

async function removeWay(profile: GatewayProfile, target: GatewayTarget, ports: WayPorts): Promise<void> {
  const { link, profiles, proofs, prompts, t } = ports;
  const { name } = profile;
  const roads = (profile.roads ?? []).filter((road) => targetKey(road) !== targetKey(target));
  const whole = { name, target: profile.target, roads };
  await profiles.change(whole);
  await proofs.remove(profile.target, target);
  await dropSecrets(target, ports);
  // A connection that goes over it now is made anew without it.
  if (link.viewOf(targetKey(profile.target)) !== undefined) await ports.connect(whole);
  await prompts.inform(t("extension.ways.removed", { name, way: targetLabel(target) }));
}

/** Unless another saved Gateway is reached with them. */
export async function dropSecrets(
  target: GatewayTarget,
  {
    profiles,
    credentials,
  }: { readonly profiles: Pick<ProfileStore, "list">; readonly credentials: Pick<CredentialStore, "forget"> },
): Promise<void> {
  if (!profiles.list().some((profile) => isReachedAt(profile, target))) await credentials.forget(target);
}

function wayWord({ target }: GatewayProfile, road: GatewayTarget, { link, proofs, t }: WayPorts): string {
  const view: LinkView | undefined = link.viewOf(targetKey(target));
  const way = view?.ways.find((known) => targetKey(known.target) === targetKey(road));
  if (way !== undefined) return t(`extension.ways.state.${way.state}`);
  if (!canStandIn(road)) return t("extension.ways.state.unsafe");
  return t(proofs.has(target, road) ? "extension.ways.state.ready" : "extension.ways.state.unproven");
}
