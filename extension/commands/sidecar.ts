import type { Translate } from "../../protocol/l10n/translate.ts";
import type { LinkView } from "../connection/gateway-link.ts";
import { type GatewayProfile, type GatewayTarget, isSamePlace } from "../connection/profile.ts";
import type { ProfileStore } from "../connection/profile-store.ts";
import type { SshHost } from "../connection/ssh-hosts.ts";
import type { Documents } from "../platform/ports.ts";
import { logText } from "../sidecar-life/log-text.ts";
import type { SidecarPlace, SidecarRun } from "../sidecar-life/sidecar-place.ts";
import { plainLabel } from "../ui/plain-text.ts";
import { BACK, type PickItem, type PickSeparator, type Prompts } from "../ui/prompts.ts";

export interface SidecarPorts {
  readonly prompts: Prompts;
  readonly profiles: Pick<ProfileStore, "list">;
  readonly sshHosts: () => Promise<readonly SshHost[]>;
  readonly view: () => LinkView;
  /** Reaches the place and does something there; an SSH connection that was made for it is closed again. */
  readonly at: <T>(target: SidecarTarget, signal: AbortSignal, work: (place: SidecarPlace) => Promise<T>) => Promise<T>;
  readonly progress: <T>(title: string, work: (signal: AbortSignal) => Promise<T>) => PromiseLike<T>;
  readonly documents: Documents;
  readonly connect: (profile: GatewayProfile) => Promise<unknown>;
  /** The person has ended the Gateway of this target. */
  readonly ended: (target: SidecarTarget, how: "stopped" | "uninstalled") => Promise<void>;
  readonly clean: (text: string) => string;
  readonly t: Translate;
}

/** Where a sidecar can be: on a host over SSH, or on this computer. */
export type SidecarTarget = Extract<GatewayTarget, { kind: "ssh" | "local" }>;

type Running = "install" | "start" | "update";

/** `OpenClaw: Sidecar: Install on Host`, `… Start`, `… Update`. */
export async function runSidecar(what: Running, ports: SidecarPorts): Promise<void> {
  const { prompts, t } = ports;
  const chosen = await choosePlace(ports, what === "install" ? ["ssh"] : ["ssh", "local"]);
  if (chosen === undefined) return;
  const { target, name } = chosen;
  const doing = { install: "installing", start: "starting", update: "updating" } as const;
  const run = await ports.progress(t(`extension.sidecar.${doing[what]}`, { name }), (signal) =>
    ports.at(target, signal, (place) => place[what](signal)),
  );
  if (run === undefined) return;
  const isHere = isCurrent(target, ports.view());
  const choices = isHere ? [] : [{ value: "connect", label: t("extension.link.connectRemote") } as const];
  const answer = await prompts.inform(runSentence(run, name, t), choices);
  if (answer === "connect") await ports.connect({ name: chosen.profileName, target });
}

/** `OpenClaw: Sidecar: Stop`. */
export async function stopSidecar(ports: SidecarPorts): Promise<void> {
  const { prompts, t } = ports;
  const chosen = await choosePlace(ports, ["ssh", "local"]);
  if (chosen === undefined) return;
  const { target, name } = chosen;
  const stopped = await ports.progress(t("extension.sidecar.stopping", { name }), (signal) =>
    ports.at(target, signal, (place) => place.stop(signal)),
  );
  if (stopped) await ports.ended(target, "stopped");
  await prompts.inform(t(stopped ? "extension.sidecar.stopped" : "extension.sidecar.none", { name }));
}

/** `OpenClaw: Sidecar: Uninstall`. */
export async function uninstallSidecar(ports: SidecarPorts): Promise<void> {
  const { prompts, t } = ports;
  const chosen = await choosePlace(ports, ["ssh"]);
  if (chosen === undefined) return;
  const { target, name } = chosen;
  const left = await ports.progress(t("extension.sidecar.uninstalling", { name }), (signal) =>
    ports.at(target, signal, async (place) => place.uninstall?.(signal)),
  );
  if (left === undefined) return;
  await ports.ended(target, "uninstalled");
  const rest = left.length === 0 ? "" : ` ${t("extension.sidecar.left", { files: left.join(", ") })}`;
  await prompts.inform(t("extension.sidecar.uninstalled", { name }) + rest);
}

/** `OpenClaw: Sidecar: Show Log`. */
export async function showSidecarLog(ports: SidecarPorts): Promise<void> {
  const { prompts, t } = ports;
  const chosen = await choosePlace(ports, ["ssh", "local"]);
  if (chosen === undefined) return;
  const { target, name } = chosen;
  const raw = await ports.progress(t("extension.sidecar.reading", { name }), (signal) =>
    ports.at(target, signal, (place) => place.log(signal)),
  );
  if (raw === undefined) await prompts.inform(t("extension.sidecar.noLog", { name }));
  else await ports.documents.showUntitled({ language: "log", content: ports.clean(logText(raw)) });
}

function runSentence({ version, port, alreadyRunning }: SidecarRun, name: string, t: Translate): string {
  return t(alreadyRunning ? "extension.sidecar.already" : "extension.sidecar.runs", { version, port, name });
}

interface ChosenPlace {
  readonly target: SidecarTarget;
  /** In the sentences. */
  readonly name: string;
  /** What a Gateway there is saved as. */
  readonly profileName: string;
}

/** The host of the present Gateway first, then what is saved, then the SSH config. `undefined`: cancelled. */
async function choosePlace(
  { prompts, profiles, sshHosts, view, t }: SidecarPorts,
  kinds: readonly SidecarTarget["kind"][],
): Promise<ChosenPlace | undefined> {
  const here: ChosenPlace = {
    target: { kind: "local" },
    name: t("extension.sidecar.here"),
    profileName: t("extension.connect.local"),
  };
  const current = view().profile;
  const saved = profiles.list();
  const known = [...(current === undefined ? [] : [current]), ...saved].flatMap(({ name, target }): ChosenPlace[] =>
    target.kind === "ssh" ? [{ target, name: target.destination, profileName: name }] : [],
  );
  const aliases = (await sshHosts()).map(({ alias }): ChosenPlace => {
    return { target: { kind: "ssh", destination: alias }, name: alias, profileName: alias };
  });
  const hosts = unique([...known, ...aliases]);
  const local = kinds.includes("local") ? [here] : [];
  const places = current?.target.kind === "local" ? [...local, ...hosts] : [...hosts, ...local];
  if (places.length === 0) {
    await prompts.inform(t("extension.sidecar.noHost"));
    return undefined;
  }
  const items = places.map((place): PickItem<ChosenPlace> | PickSeparator => ({
    label: `$(${place.target.kind === "ssh" ? "server" : "device-desktop"}) ${plainLabel(place.profileName)}`,
    ...(place.name === place.profileName || place === here ? {} : { description: plainLabel(place.name) }),
    value: place,
  }));
  const choice = await prompts.pick({
    title: t("extension.sidecar.title"),
    placeholder: t("extension.sidecar.where"),
    items,
  });
  return choice === BACK ? undefined : choice;
}

function unique(places: readonly ChosenPlace[]): readonly ChosenPlace[] {
  const seen = new Set<string>();
  return places.filter(({ target }) => {
    const isNew = target.kind !== "ssh" || !seen.has(target.destination);
    if (target.kind === "ssh") seen.add(target.destination);
    return isNew;
  });
}

/** Whether the window is connected to a Gateway at this place. */
function isCurrent(target: SidecarTarget, { target: current, state }: LinkView): boolean {
  return state.phase === "connected" && isSamePlace(target, current);
}
