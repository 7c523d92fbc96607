import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { openClawConfigPath, readOpenClawConfig } from "../remote/config/openclaw-config.ts";
import { writeRemoteDefaults } from "../remote/config/write-remote.ts";
import { openConfig, saveDefaultRemote } from "./commands/default-remote.ts";
import type { CommandHandlers } from "./commands/registry.ts";
import { type SidecarPorts, runSidecar, showSidecarLog, stopSidecar, uninstallSidecar } from "./commands/sidecar.ts";
import { type TunnelPorts, closeLocalPortCommand, copyTunnelCommand, openLocalPortCommand } from "./commands/tunnel.ts";
import type { GatewayLink } from "./connection/gateway-link.ts";
import type { RoadPorts } from "./connection/open-road.ts";
import { type GatewayProfile, isSamePlace } from "./connection/profile.ts";
import { atPlace } from "./sidecar-life/at-place.ts";
import { hasHungUp } from "./sidecar-life/has-hung-up.ts";
import type { LocalPlaceOptions } from "./sidecar-life/local-place.ts";
import type { Tunnel } from "./tunnel/tunnel.ts";

type HostCommand = Extract<
  keyof CommandHandlers,
  `sidecar${string}` | `tunnel${string}` | "saveDefaultRemote" | "openConfig"
>;

export interface HostCommandParts extends Pick<
  SidecarPorts,
  "prompts" | "profiles" | "sshHosts" | "progress" | "documents" | "connect" | "clean" | "t"
> {
  readonly link: GatewayLink;
  readonly tunnel: Tunnel;
  readonly copy: (text: string) => Promise<void>;
  readonly roadPorts: RoadPorts;
  readonly here: LocalPlaceOptions;
  readonly choose: () => Promise<GatewayProfile | undefined>;
  readonly disconnect: () => Promise<void>;
  readonly openFile: (path: string, line: number | undefined) => Promise<void>;
}

/** The commands about a Gateway's host and about what this computer keeps of it. */
export function hostCommands(parts: HostCommandParts): Pick<CommandHandlers, HostCommand> {
  const { prompts, link, roadPorts, here, choose, t } = parts;
  const openFile = (path: string) => parts.openFile(path, undefined);
  const view = () => link.view;
  const sidecar: SidecarPorts = {
    ...parts,
    view,
    at: (target, signal, work) => {
      const own = { file: roadPorts.sidecarFile, version: roadPorts.client.version };
      return atPlace(target, { signal, work }, { ...roadPorts, link, sidecar: own, here });
    },
    ended: async (target, how) => {
      if (how === "uninstalled") roadPorts.sidecarHosts.remove(target);
      if (isSamePlace(target, link.view.target) && (await hasHungUp(view))) await parts.disconnect();
    },
  };
  const tunnel: TunnelPorts = { ...parts, view, host: () => link.host };
  const environment = { env: process.env, home: homedir() };
  return {
    tunnelOpen: () => openLocalPortCommand(tunnel),
    tunnelCopyCommand: () => copyTunnelCommand(tunnel),
    tunnelClose: () => closeLocalPortCommand(tunnel),
    saveDefaultRemote: () =>
      saveDefaultRemote({
        prompts,
        view,
        choose,
        host: () => link.host,
        credential: (target) => roadPorts.credentials.load(target),
        read: () => readOpenClawConfig(environment),
        write: (change) => writeRemoteDefaults(environment, change),
        openFile,
        t,
      }),
    openConfig: () => openConfig({ prompts, path: openClawConfigPath(environment), exists, openFile, t }),
    sidecarInstall: () => runSidecar("install", sidecar),
    sidecarStart: () => runSidecar("start", sidecar),
    sidecarStop: () => stopSidecar(sidecar),
    sidecarUpdate: () => runSidecar("update", sidecar),
    sidecarUninstall: () => uninstallSidecar(sidecar),
    sidecarLog: () => showSidecarLog(sidecar),
  };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
