import type { SshTarget } from "../../target/ssh-target.ts";
import { parseHost, parsePort } from "../../target/host.ts";
import { parseSshTarget } from "../../target/ssh-target.ts";
import { configFault } from "./config-fault.ts";
import { type SshEnvironment, systemSshEnvironment } from "./environment.ts";
import { type Tokens, expandPath } from "./expand.ts";
import { ConfigReader, type ConfigValue } from "./read-config.ts";

export type AuthMethod = "publickey" | "keyboard-interactive" | "password";

/** Everything that ssh_config, the defaults and the target say about one host. Paths are absolute. */
export interface SshHostConfig {
  /** The host as it was typed. */
  readonly alias: string;
  readonly hostName: string;
  readonly user: string;
  readonly port: number;
  readonly identityFiles: readonly string[];
  /** False when `identityFiles` are only OpenSSH's defaults, of which a missing one is nothing to speak of. */
  readonly hasOwnIdentityFiles: boolean;
  readonly identitiesOnly: boolean;
  /** `CertificateFile`s. One that lies beside its key (`KEY-cert.pub`) needs no naming. */
  readonly certificateFiles: readonly string[];
  /** Socket, pipe or `pageant`; undefined when there is no agent. */
  readonly agent: string | undefined;
  readonly userKnownHostsFiles: readonly string[];
  readonly globalKnownHostsFiles: readonly string[];
  readonly hostKeyAlias: string | undefined;
  /** `ask` about an unknown key, or refuse it at once. The weaker values of ssh_config also ask. */
  readonly unknownHostKey: "ask" | "refuse";
  readonly hashKnownHosts: boolean;
  /** Whether further keys that a known host proves to have are written down, so that it may change to one of them. */
  readonly updateHostKeys: boolean;
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
  readonly keepalive: { readonly intervalMs: number; readonly countMax: number };
  /** Nearest hop first. */
  readonly proxyJump: readonly SshTarget[];
  readonly proxyCommand: ConfigValue | undefined;
  readonly authMethods: readonly AuthMethod[];
  readonly passwordPrompts: number;
  /** Of the addresses that may be dialled; 0 for both. */
  readonly addressFamily: 0 | 4 | 6;
  /** The first wish of the file that only the system's ssh can meet, by its keyword. */
  readonly systemOnly: string | undefined;
  /** As written, with the leading `+`, `-` or `^`. */
  readonly algorithms: {
    readonly kex: string | undefined;
    readonly ciphers: string | undefined;
    readonly macs: string | undefined;
    readonly hostKeys: string | undefined;
  };
}

const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;
/** 3 s twice: a link that has gone silent is seen within 9 s, whatever slower pace ssh_config asks for. */
const KEEPALIVE = { intervalMs: 3_000, countMax: 2 } as const;
const DEFAULT_IDENTITIES = ["id_rsa", "id_ecdsa", "id_ed25519"];
const AUTH_METHODS: readonly AuthMethod[] = ["publickey", "keyboard-interactive", "password"];
const MAX_JUMPS = 8;
const FAMILIES = new Map<string, 0 | 4 | 6>([
  ["any", 0],
  ["inet", 4],
  ["inet6", 6],
]);
/** What changes where a connection goes, or with which key, and the built-in client does not do. */
const SYSTEM_ONLY: Readonly<Record<string, string>> = {
  bindaddress: "BindAddress",
  bindinterface: "BindInterface",
  canonicalizehostname: "CanonicalizeHostname",
  knownhostscommand: "KnownHostsCommand",
  pkcs11provider: "PKCS11Provider",
};

/**
 * Resolves a target as `ssh -G` would.
 * @throws ConnectError SSH_CONFIG_INVALID with path and line, TARGET_INVALID for a ProxyJump that is no target
 */
export async function resolveHostConfig(
  target: SshTarget,
  environment: SshEnvironment = systemSshEnvironment(),
): Promise<SshHostConfig> {
  const reader = new ConfigReader({ host: target.host, user: target.user }, environment);
  await reader.read();
  const hostName = checkedHostName(reader);
  const port = target.port ?? numberOf(reader.first("port"), parsePort) ?? 22;
  const user = reader.user();
  const hostKeyAlias = reader.first("hostkeyalias")?.args[0];
  const jumps = proxyJumps(reader.first("proxyjump"));
  const tokens: Tokens = {
    h: hostName,
    n: target.host,
    p: String(port),
    r: user,
    k: hostKeyAlias ?? target.host,
    j: reader.first("proxyjump")?.args.join(",") ?? "",
  };
  const paths = (values: readonly ConfigValue[]): string[] =>
    values.flatMap(({ args, savedIn }) => {
      try {
        return args
          .filter((path) => path.toLowerCase() !== "none")
          .map((path) => expandPath(path, tokens, environment));
      } catch (error) {
        throw configFault(savedIn, error instanceof Error ? error.message : String(error), error);
      }
    });
  const pathsOr = (keyword: string, fallback: readonly string[]): readonly string[] => {
    const value = reader.first(keyword);
    return value === undefined ? fallback : paths([value]);
  };
  const inHome = (name: string): string => expandPath(`~/.ssh/${name}`, {}, environment);
  const ownIdentities = reader.all("identityfile");

  return {
    alias: target.host,
    hostName,
    user,
    port,
    identityFiles: ownIdentities.length > 0 ? paths(ownIdentities) : DEFAULT_IDENTITIES.map(inHome),
    hasOwnIdentityFiles: ownIdentities.length > 0,
    identitiesOnly: isYes(reader.first("identitiesonly")),
    certificateFiles: paths(reader.all("certificatefile")),
    agent: agentOf(reader.first("identityagent"), paths, environment),
    userKnownHostsFiles: pathsOr("userknownhostsfile", [inHome("known_hosts"), inHome("known_hosts2")]),
    globalKnownHostsFiles: pathsOr("globalknownhostsfile", ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]),
    hostKeyAlias,
    unknownHostKey: isYes(reader.first("stricthostkeychecking")) ? "refuse" : "ask",
    hashKnownHosts: isYes(reader.first("hashknownhosts")),
    updateHostKeys: updatesHostKeys(reader),
    connectTimeoutMs: (numberOf(reader.first("connecttimeout"), seconds) ?? 0) * 1000 || DEFAULT_CONNECT_TIMEOUT_MS,
    keepalive: keepaliveOf(reader),
    proxyJump: jumps,
    proxyCommand: proxyCommandOf(reader.first("proxycommand")),
    authMethods: authMethodsOf(reader),
    passwordPrompts: Math.min(3, numberOf(reader.first("numberofpasswordprompts"), seconds) ?? 3),
    addressFamily: addressFamilyOf(reader.first("addressfamily")),
    systemOnly: Object.entries(SYSTEM_ONLY).find(([keyword]) => isWished(reader.first(keyword)))?.[1],
    algorithms: {
      kex: reader.first("kexalgorithms")?.args[0],
      ciphers: reader.first("ciphers")?.args[0],
      macs: reader.first("macs")?.args[0],
      hostKeys: reader.first("hostkeyalgorithms")?.args[0],
    },
  };
}

function checkedHostName(reader: ConfigReader): string {
  const text = reader.hostName();
  const host = parseHost(text);
  if ("fault" in host) throw configFault(reader.first("hostname")?.savedIn ?? text, `HostName ${text}: ${host.fault}`);
  return host.text;
}

function numberOf(value: ConfigValue | undefined, parse: (text: string) => number | undefined): number | undefined {
  const [text] = value?.args ?? [];
  if (value === undefined || text === undefined || text === "none") return undefined;
  const number = parse(text);
  if (number === undefined) throw configFault(value.savedIn, `${text} is not a number that can stand here`);
  return number;
}

/** A whole number, with the units of sshd_config(5), TIME FORMATS. */
function seconds(text: string): number | undefined {
  const match = /^(\d{1,9})([smhdw]?)$/i.exec(text);
  if (match === null) return undefined;
  const unit = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[(match[2] ?? "").toLowerCase()] ?? 1;
  return Number(match[1]) * unit;
}

const isYes = (value: ConfigValue | undefined): boolean => /^(?:yes|true)$/i.test(value?.args[0] ?? "");
const isNo = (value: ConfigValue | undefined): boolean => /^(?:no|false)$/i.test(value?.args[0] ?? "");

const isWished = (value: ConfigValue | undefined): boolean =>
  value !== undefined && !isNo(value) && value.args[0]?.toLowerCase() !== "none";

function addressFamilyOf(value: ConfigValue | undefined): 0 | 4 | 6 {
  const [text = "any"] = value?.args ?? [];
  const family = FAMILIES.get(text.toLowerCase());
  if (value !== undefined && family === undefined) throw configFault(value.savedIn, `AddressFamily ${text} is none`);
  return family ?? 0;
}

/** As in ssh: by default only into the file that is the default too. `ask` asks nobody here and counts as no. */
function updatesHostKeys(reader: ConfigReader): boolean {
  const wish = reader.first("updatehostkeys");
  return wish === undefined ? reader.first("userknownhostsfile") === undefined : isYes(wish);
}

function keepaliveOf(reader: ConfigReader): SshHostConfig["keepalive"] {
  const intervalMs = (numberOf(reader.first("serveraliveinterval"), seconds) ?? 0) * 1000;
  const countMax = numberOf(reader.first("serveralivecountmax"), seconds) ?? 3;
  const isQuicker = intervalMs > 0 && intervalMs * (countMax + 1) < KEEPALIVE.intervalMs * (KEEPALIVE.countMax + 1);
  return isQuicker ? { intervalMs, countMax } : KEEPALIVE;
}

function agentOf(
  value: ConfigValue | undefined,
  paths: (values: readonly ConfigValue[]) => string[],
  { env, platform }: SshEnvironment,
): string | undefined {
  const [text] = value?.args ?? [];
  if (value === undefined || text === undefined || text === "SSH_AUTH_SOCK") {
    const socket = env["SSH_AUTH_SOCK"];
    if (socket !== undefined && socket !== "") return socket;
    return platform === "win32" ? "\\\\.\\pipe\\openssh-ssh-agent" : undefined;
  }
  if (text.toLowerCase() === "none") return undefined;
  if (text === "pageant") return text;
  const variable = /^\$([A-Za-z_][A-Za-z0-9_]*)$/.exec(text)?.[1];
  return variable === undefined ? paths([value])[0] : env[variable];
}

function proxyJumps(value: ConfigValue | undefined): readonly SshTarget[] {
  const text = value?.args.join(",") ?? "none";
  if (value === undefined || text.toLowerCase() === "none") return [];
  const jumps = text.split(",").filter((jump) => jump !== "");
  if (jumps.length > MAX_JUMPS) throw configFault(value.savedIn, `ProxyJump has more than ${MAX_JUMPS} hops`);
  return jumps.map((jump) => parseSshTarget(jump));
}

function proxyCommandOf(value: ConfigValue | undefined): ConfigValue | undefined {
  return value?.args[0]?.toLowerCase() === "none" ? undefined : value;
}

function authMethodsOf(reader: ConfigReader): readonly AuthMethod[] {
  const preferred = reader.first("preferredauthentications")?.args[0]?.split(",") ?? AUTH_METHODS;
  const off: Readonly<Record<AuthMethod, boolean>> = {
    publickey: isNo(reader.first("pubkeyauthentication")),
    "keyboard-interactive": isNo(
      reader.first("kbdinteractiveauthentication") ?? reader.first("challengeresponseauthentication"),
    ),
    password: isNo(reader.first("passwordauthentication")),
  };
  return preferred.flatMap((name) => AUTH_METHODS.filter((method) => method === name && !off[method]));
}
