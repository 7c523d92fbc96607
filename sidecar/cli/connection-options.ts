import { SSH_CLIENT_CHOICES, type SshClientChoice } from "../../remote/ssh/system/system-ssh.ts";
import { usageError } from "./cli-error.ts";
import type { OptionSpec, ParsedArguments } from "./flags.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 600_000;

/** Options of every command that talks to a Gateway. */
export const CONNECTION_OPTIONS: readonly OptionSpec[] = [
  { name: "url", value: "URL", help: "ws:// or wss:// address of the Gateway; uses no credential of a config file" },
  { name: "ssh", value: "TARGET", help: "user@host[:port]: reach the Gateway of that host over SSH" },
  {
    name: "ssh-client",
    value: "CLIENT",
    help: "with --ssh: built-in, system (the ssh command), or auto (default): system for what built-in cannot do",
  },
  {
    name: "port",
    value: "PORT",
    help: "with --ssh: the Gateway's port there; default: what its openclaw.json says, else 18789",
  },
  {
    name: "header-env",
    value: "NAME=VARIABLE,…",
    help: "with --url wss://: request headers for what stands before the Gateway, their values from the environment",
  },
  {
    name: "token",
    value: "TOKEN",
    help: "better: OPENCLAW_GATEWAY_TOKEN, which other users of this computer cannot see",
  },
  { name: "password", value: "PASSWORD", help: "better: OPENCLAW_GATEWAY_PASSWORD" },
  { name: "profile", value: "NAME", help: "the sidecar of this profile, when no --url and no --ssh is given" },
  { name: "state-dir", value: "DIR", help: "the sidecar of this state directory" },
  { name: "timeout", value: "MS", help: `time for everything together, default ${DEFAULT_TIMEOUT_MS}` },
  { name: "json", help: "print the payload as JSON; failures as {ok:false,error:{code,message}}" },
];

export interface ConnectionWish {
  readonly url: string | undefined;
  readonly ssh: string | undefined;
  readonly sshClient: SshClientChoice;
  /** Of the Gateway on the SSH host. */
  readonly port: number | undefined;
  /** Header names, each with the variable of the environment that has its value. */
  readonly edgeHeaders: ReadonlyMap<string, string>;
  readonly token: string | undefined;
  readonly password: string | undefined;
  readonly profile: string | undefined;
  readonly stateDir: string | undefined;
  /** Milliseconds. */
  readonly timeoutMs: number;
}

/** @throws CliError USAGE: a bad timeout, or options that exclude each other */
export function readConnectionWish({ options }: ParsedArguments): ConnectionWish {
  const [url, ssh] = [options.get("url"), options.get("ssh")];
  if (url !== undefined && ssh !== undefined) throw usageError("Give either --url or --ssh, not both.");
  const port = readPort(options.get("port"));
  if (port !== undefined && ssh === undefined)
    throw usageError("--port goes with --ssh; with --url the port stands in the URL.");
  return {
    url,
    ssh,
    sshClient: readSshClient(options.get("ssh-client")),
    port,
    edgeHeaders: readHeaderVariables(options.get("header-env"), url),
    token: options.get("token"),
    password: options.get("password"),
    profile: options.get("profile"),
    stateDir: options.get("state-dir"),
    timeoutMs: readTimeout(options.get("timeout")),
  };
}

function readSshClient(text = "auto"): SshClientChoice {
  const choice = SSH_CLIENT_CHOICES.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw usageError(`--ssh-client ${JSON.stringify(text)} is no SSH client: use ${SSH_CLIENT_CHOICES.join(", ")}.`);
}

function readHeaderVariables(text: string | undefined, url: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return new Map();
  if (url?.trim().toLowerCase().startsWith("wss://") !== true)
    throw usageError("--header-env goes with --url wss://….");
  const pairs = text.split(",").map((part): [string, string] => {
    const [, name = "", variable = ""] = /^\s*([^=\s]+)=([A-Za-z_][A-Za-z0-9_]*)\s*$/.exec(part) ?? [];
    // Not repeated: somebody may have written the value itself.
    if (name === "")
      throw usageError("--header-env wants NAME=VARIABLE: the variable that has the value, never the value.");
    return [name, variable];
  });
  return new Map(pairs);
}

function readTimeout(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  const ms = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (ms >= 1 && ms <= MAX_TIMEOUT_MS) return ms;
  throw usageError(`--timeout ${JSON.stringify(text)} is no time: use whole milliseconds from 1 to ${MAX_TIMEOUT_MS}.`);
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw usageError(`--port ${JSON.stringify(text)} is no port: use a number from 1 to 65535.`);
}
