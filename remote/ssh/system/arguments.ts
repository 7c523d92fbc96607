import type { SshTarget } from "../../target/ssh-target.ts";
import type { ResolvedHost } from "./resolve-host.ts";

/** The options that say where to go. Nothing of the target can be taken for an option: the parser refused it, and `--` ends them. */
export function targetArguments(target: SshTarget, configFile: string | undefined): readonly string[] {
  return [
    ...(configFile === undefined ? [] : ["-F", configFile]),
    ...(target.user === undefined ? [] : ["-l", target.user]),
    ...(target.port === undefined ? [] : ["-p", String(target.port)]),
    "--",
    target.host,
  ];
}

const options = (pairs: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(pairs).flatMap(([name, value]) => ["-o", `${name}=${value}`]);

/** No terminal, no agent, no X11, no escape character. */
const NOTHING_MORE = ["-T", "-a", "-x", "-e", "none"];

export interface MasterPlan {
  readonly target: SshTarget;
  readonly configFile: string | undefined;
  readonly host: ResolvedHost;
  readonly files: { readonly socket: string; readonly log: string; readonly knownHosts: string };
  /** Whether somebody answers what ssh asks. */
  readonly asks: boolean;
  readonly strict: boolean;
}

/** The one connection: it runs nothing, forwards nothing, and is looked after by us, whatever ssh_config says. */
export function masterArguments({ target, configFile, host, files, asks, strict }: MasterPlan): readonly string[] {
  // A new key is written to the first file: ours, so that "trust once" can be kept.
  const known = [files.knownHosts, ...(host.knownHosts ?? [])].map((file) => `"${file}"`).join(" ");
  return [
    "-v",
    "-E",
    files.log,
    "-M",
    "-S",
    files.socket,
    "-N",
    ...NOTHING_MORE,
    ...options({
      ControlPersist: "no",
      BatchMode: asks ? "no" : "yes",
      StrictHostKeyChecking: strict || host.isStrict || host.knownHosts === undefined ? "yes" : "ask",
      ...(host.knownHosts === undefined ? {} : { UserKnownHostsFile: known }),
      UpdateHostKeys: "no",
      ClearAllForwardings: "yes",
      Tunnel: "no",
      ExitOnForwardFailure: "yes",
      RequestTTY: "no",
      RemoteCommand: "none",
      PermitLocalCommand: "no",
      NumberOfPasswordPrompts: "1",
      ServerAliveInterval: "3",
      ServerAliveCountMax: "2",
      ConnectTimeout: String(Math.ceil(host.connectTimeoutMs / 1000)),
      ...(host.forks ? { ForkAfterAuthentication: "no" } : {}),
    }),
    ...targetArguments(target, configFile),
  ];
}

/**
 * Options of a channel on that connection. When the connection has gone, ssh would make one of its own: with no config and
 * a proxy that ends at once it goes nowhere.
 */
export function channelArguments(socket: string): readonly string[] {
  return [
    "-F",
    "none",
    "-S",
    socket,
    ...NOTHING_MORE,
    ...options({ ControlMaster: "no", BatchMode: "yes", ProxyCommand: "false", ClearAllForwardings: "no" }),
  ];
}
