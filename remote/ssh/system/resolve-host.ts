import { execFile } from "node:child_process";
import { CancelledError } from "../../../protocol/errors/connect-error.ts";
import { type SshTarget, formatSshTarget } from "../../target/ssh-target.ts";
import { printable } from "../../target/printable.ts";
import { configFault } from "../config/config-fault.ts";
import type { SshEnvironment } from "../config/environment.ts";
import { targetArguments } from "./arguments.ts";

/** What ssh itself makes of ssh_config for one host (`ssh -G`). */
export interface ResolvedHost {
  /** The host as it was typed. */
  readonly alias: string;
  readonly hostName: string;
  readonly user: string;
  readonly port: number;
  /** An unknown key is refused at once. */
  readonly isStrict: boolean;
  /** An unknown key would be taken without a question. */
  readonly isLax: boolean;
  /** The person's files; undefined when their names cannot be told apart, so that nothing can be added to them. */
  readonly knownHosts: readonly string[] | undefined;
  readonly hostKeyAlias: string | undefined;
  readonly hashKnownHosts: boolean;
  readonly proxyJump: string | undefined;
  /** Commands that connecting runs on this computer. */
  readonly commands: readonly string[];
  readonly forks: boolean;
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
}

export interface SshProgram {
  readonly ssh: string;
  readonly configFile: string | undefined;
  readonly environment: SshEnvironment;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1024 * 1024;
const DEFAULT_CONNECT_TIMEOUT_MS = 15_000;

/**
 * Runs the person's `Match exec` commands, as ssh does.
 * @throws ConnectError SSH_CONFIG_INVALID; CancelledError
 */
export async function resolveBySsh(target: SshTarget, program: SshProgram): Promise<ResolvedHost> {
  const { configFile, signal } = program;
  if (signal.aborted) throw new CancelledError();
  const said = await run(["-G", ...targetArguments(target, configFile)], target, program);
  const values = new Map<string, string>();
  for (const line of said.split(/\r?\n/)) {
    const [, keyword, value] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (keyword !== undefined && value !== undefined && !values.has(keyword)) values.set(keyword, value);
  }
  const set = (keyword: string): string | undefined => {
    const value = values.get(keyword);
    return value === undefined || value.toLowerCase() === "none" ? undefined : value;
  };
  const proxyJump = set("proxyjump");
  const checking = values.get("stricthostkeychecking") ?? "ask";
  const seconds = Number(values.get("connecttimeout"));
  return {
    alias: target.host,
    hostName: values.get("hostname") ?? target.host,
    user: values.get("user") ?? target.user ?? program.environment.localUser,
    port: Number(values.get("port") ?? 22),
    isStrict: /^(?:yes|true)$/.test(checking),
    isLax: /^(?:no|off|false|accept-new)$/.test(checking),
    knownHosts: filesOf(set("userknownhostsfile")),
    hostKeyAlias: set("hostkeyalias"),
    hashKnownHosts: /^(?:yes|true)$/.test(values.get("hashknownhosts") ?? ""),
    proxyJump,
    commands: [proxyJump === undefined ? set("proxycommand") : undefined, set("knownhostscommand")].filter(
      (command) => command !== undefined,
    ),
    forks: values.get("forkafterauthentication") === "yes",
    connectTimeoutMs: seconds > 0 ? seconds * 1000 : DEFAULT_CONNECT_TIMEOUT_MS,
  };
}

/** ssh writes the names without quotes; one with a space, a token or a variable is not guessed at. */
function filesOf(text: string | undefined): readonly string[] | undefined {
  const files = text?.split(" ") ?? [];
  return files.every((file) => /^\/[^%$"]*$/.test(file)) ? files : undefined;
}

function run(args: readonly string[], target: SshTarget, program: SshProgram): Promise<string> {
  const { ssh, signal, environment } = program;
  const bounds = { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES, signal };
  return new Promise((resolve, reject) => {
    execFile(ssh, args, { ...bounds, cwd: environment.home, env: { ...environment.env } }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if (signal.aborted) return reject(new CancelledError());
      const said = printable(stderr.trim().split(/\r?\n/).slice(-2).join("; "), 200);
      reject(configFault(`ssh -G ${formatSshTarget(target)}`, said === "" ? error.message : said, error));
    });
  });
}
